/** Why there was no usable answer of Elasticsearch. What became of the request is unknown: it may have been applied. */
export const FAULT_KINDS = ["connect", "timeout", "not_elasticsearch", "unreadable", "aborted"] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];

export class ElasticsearchFault extends Error {
  override readonly name = "ElasticsearchFault";
  readonly kind: FaultKind;

  constructor(kind: FaultKind, message: string) {
    super(message);
    this.kind = kind;
  }
}
