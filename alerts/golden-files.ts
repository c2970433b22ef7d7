/** The files of one fixed example, committed under `generated/`, so that a change of a builder shows in a review. */
import { renderGrafana } from "./render-grafana.ts";
import { loadRunbooks } from "./runbooks.ts";

/** Path relative to the repository and text. Written by `npm run generate`. */
export async function goldenFiles(): Promise<ReadonlyMap<string, string>> {
  const files = renderGrafana({
    environment: "example",
    clusters: ["orders", "payments"],
    intervalSeconds: 30,
    rootUrl: "https://grafana.example.org",
    elasticsearch: { url: "http://elasticsearch:9200", index: "metrics-kafka.consumer_lag-example" },
    slack: { webhookFile: "/run/secrets/slack-webhook", mentionOnCritical: "here" },
    runbooks: await loadRunbooks(),
  });
  return new Map([...files].map(([path, text]) => [`generated/${path}`, text]));
}
