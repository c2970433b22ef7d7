/** /healthz, /readyz and /metrics: the same answers from the collector and from the relay. Every answer says why. */
export type Readiness = {
  readonly ready: boolean;
  /** One sentence per reason against it. */
  readonly reasons: readonly string[];
};

export type HealthSource = {
  readonly liveness: () => Readiness;
  readonly readiness: () => Readiness;
  readonly metrics: { readonly contentType: string; render(): Promise<string> };
};

export type HealthAnswer = { readonly status: number; readonly body: string; readonly type: string };

export const JSON_TYPE = "application/json";

/** Null for any other path. */
export async function healthAnswer(path: string, source: HealthSource): Promise<HealthAnswer | null> {
  switch (path) {
    case "/healthz":
      return readinessAnswer(source.liveness());
    case "/readyz":
      return readinessAnswer(source.readiness());
    case "/metrics":
      try {
        return { status: 200, body: await source.metrics.render(), type: source.metrics.contentType };
      } catch {
        return { status: 500, body: '{"error":"metrics could not be rendered"}\n', type: JSON_TYPE };
      }
    default:
      return null;
  }
}

function readinessAnswer({ ready, reasons }: Readiness): HealthAnswer {
  return {
    status: ready ? 200 : 503,
    body: `${JSON.stringify({ ok: ready, reasons })}\n`,
    type: JSON_TYPE,
  };
}
