/** Telegraf's TLS options, which are the same in both plugins. */
import type { Table } from "./table.ts";

export type TlsDraft = {
  ca_file?: string;
  certificate_file?: string;
  key_file?: string;
  server_name?: string;
  minimum_version?: "TLSv1.3";
};

/** Undefined when none is set, or none of the addresses would use it. The names beginning with `ssl_` are those of old samples. */
export function readTls(table: Table, addresses: readonly string[]): TlsDraft | undefined {
  const draft: TlsDraft = {};
  const ca = table.text("tls_ca") ?? table.text("ssl_ca");
  const certificate = table.text("tls_cert") ?? table.text("ssl_cert");
  const key = table.text("tls_key") ?? table.text("ssl_key");
  const name = table.text("tls_server_name");
  if (ca !== undefined) draft.ca_file = ca;
  if (certificate !== undefined) draft.certificate_file = certificate;
  if (key !== undefined) draft.key_file = key;
  if (name !== undefined) draft.server_name = name;
  const oldest = table.text("tls_min_version");
  if (oldest === "TLS13") draft.minimum_version = "TLSv1.3";
  else if (oldest !== undefined && oldest !== "TLS12") {
    table.note("tls_min_version", `is ${oldest} there; the oldest that is spoken is TLS 1.2.`);
  }
  if (table.flag("insecure_skip_verify") === true) {
    table.note(
      "insecure_skip_verify",
      "is not possible: name the certificate authority with tls.ca_file instead.",
    );
  }
  table.flag("tls_enable");
  table.without({
    ssl_ca: "is read where tls_ca is not set.",
    ssl_cert: "is read where tls_cert is not set.",
    ssl_key: "is read where tls_key is not set.",
    tls_key_pwd: "has no counterpart: store the key without a pass phrase, readable by the collector only.",
    tls_cipher_suites: "has no counterpart: Node's list of ciphers holds.",
    tls_renegotiation_method: "has no counterpart: renegotiation is refused.",
  });
  if (Object.keys(draft).length === 0) return undefined;
  const plain = addresses.find((address) => !/^https:/i.test(address));
  if (plain !== undefined) {
    table.note("tls_ca", `and the other options of TLS are left out: ${plain} has no TLS.`);
    return undefined;
  }
  return withBothHalves(table, draft);
}

/** A certificate is of no use without its key, nor a key without its certificate. */
function withBothHalves(table: Table, draft: TlsDraft): TlsDraft {
  const { certificate_file: certificate, key_file: key, ...rest } = draft;
  if ((certificate === undefined) === (key === undefined)) return draft;
  const [there, missing] = key === undefined ? ["tls_cert", "tls_key"] : ["tls_key", "tls_cert"];
  table.note(there, `is left out, because ${missing} is not set.`);
  return rest;
}
