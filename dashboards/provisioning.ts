/** Provisioning files of Grafana for the data source and for the folder of dashboards. */
import type { JsonObject } from "./types.ts";

export type DatasourceOptions = {
  readonly uid: string;
  /** Address of Elasticsearch as Grafana's container sees it. */
  readonly url: string;
  /** Index, alias or pattern; a data stream's name as it is. */
  readonly index: string;
  readonly intervalSeconds: number;
  readonly username?: string;
  /** Paths inside Grafana's container; contents never appear in a rendered file. */
  readonly passwordFile?: string;
  readonly apiKeyFile?: string;
  readonly caFile?: string;
};

/** `datasources/lagline.yaml`. `database` and `esVersion` are read by Grafana 9 only; newer versions ignore them. */
export function datasourceFile(options: DatasourceOptions): JsonObject {
  const basicAuth = options.username !== undefined && options.passwordFile !== undefined;
  return {
    apiVersion: 1,
    datasources: [
      {
        orgId: 1,
        uid: options.uid,
        name: "Lagline",
        type: "elasticsearch",
        access: "proxy",
        url: options.url,
        database: literal(options.index),
        isDefault: false,
        editable: false,
        ...(basicAuth ? { basicAuth: true, basicAuthUser: literal(options.username ?? "") } : {}),
        jsonData: {
          index: literal(options.index),
          timeField: "@timestamp",
          timeInterval: `${options.intervalSeconds}s`,
          maxConcurrentShardRequests: 5,
          esVersion: "8.0.0",
          ...(options.apiKeyFile === undefined ? {} : { httpHeaderName1: "Authorization" }),
          ...(options.caFile === undefined ? {} : { tlsAuthWithCACert: true }),
        },
        secureJsonData: secrets(options, basicAuth),
      },
    ],
  };
}

/** `dashboards/lagline.yaml`. The folder is declared here only; the alert rules have a folder of their own. */
export function dashboardProviderFile(path: string): JsonObject {
  return {
    apiVersion: 1,
    providers: [
      {
        name: "lagline",
        orgId: 1,
        folder: "Kafka consumer lag",
        folderUid: "lagline",
        type: "file",
        disableDeletion: false,
        allowUiUpdates: false,
        updateIntervalSeconds: 30,
        options: { path, foldersFromFilesStructure: false },
      },
    ],
  };
}

function secrets(options: DatasourceOptions, basicAuth: boolean): JsonObject {
  return {
    ...(basicAuth ? { basicAuthPassword: fromFile(options.passwordFile ?? "") } : {}),
    ...(options.apiKeyFile === undefined
      ? {}
      : { httpHeaderValue1: `ApiKey ${fromFile(options.apiKeyFile)}` }),
    ...(options.caFile === undefined ? {} : { tlsCACert: fromFile(options.caFile) }),
  };
}

/** Grafana reads the file itself when it starts. */
function fromFile(path: string): string {
  return `$__file{${path}}`;
}

/** Grafana replaces `$NAME` in this file; a doubled `$` is one. */
function literal(text: string): string {
  return text.replaceAll("$", "$$$$");
}
