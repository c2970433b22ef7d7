/** Alerting as code: pure functions from configuration to the files that Grafana reads. */
export { buildAlerting } from "./build-alerting.ts";
export { alertCatalogue } from "./catalogue.ts";
export type { CatalogueEntry } from "./catalogue.ts";
export { goldenFiles } from "./golden-files.ts";
export { renderGrafana } from "./render-grafana.ts";
export type { GrafanaRenderOptions } from "./render-grafana.ts";
export { loadRunbooks } from "./runbooks.ts";
export type { AlertPolicy, AlertingConfig, AlertingFile, SlackOptions } from "./types.ts";
