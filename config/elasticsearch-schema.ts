/** `elasticsearch`: where documents go. */
import { z } from "zod";
import {
  baseUrl,
  cpus,
  exactlyOne,
  filePath,
  hostName,
  nonEmpty,
  port,
  secretFile,
  httpTls,
} from "./common-schema.ts";
import { cloudAddress } from "./cloud-id.ts";
import { index } from "./index-schema.ts";

/** As `openssl x509 -fingerprint -sha256` prints it, or without colons. */
const fingerprint = z
  .string()
  .regex(
    /^\s*(?:[0-9A-Fa-f]{64}|[0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2}){31})\s*$/,
    "must be a SHA-256 fingerprint: 64 hexadecimal digits, with or without colons",
  );

/** Set by the client itself, or by the settings for credentials. */
const OWN_HEADERS = new Set([
  "accept",
  "authorization",
  "connection",
  "content-encoding",
  "content-length",
  "content-type",
  "host",
  "transfer-encoding",
]);

const headerName = z
  .string()
  .regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/, "must be the name of an HTTP header")
  .refine((name) => !OWN_HEADERS.has(name.toLowerCase()), {
    error: "is set by the collector itself; credentials have settings of their own",
  });

const externalElasticsearch = z
  .strictObject({
    url: baseUrl.optional().describe("Address of Elasticsearch."),
    urls: z
      .array(baseUrl)
      .min(1)
      .optional()
      .describe("Several addresses of one Elasticsearch cluster, instead of `url`."),
    cloud_id: z
      .string()
      .refine((id) => cloudAddress(id) !== undefined, {
        error: "must be a cloud id as Elastic Cloud shows it: a name, a colon and base64",
      })
      .optional()
      .describe("Id of a deployment in Elastic Cloud, instead of `url`."),
    username: nonEmpty.optional().describe("User for basic authentication."),
    password_file: secretFile.optional().describe("File with the password."),
    api_key_file: secretFile
      .optional()
      .describe("File with an API key (the base64 form that Elasticsearch prints as `encoded`)."),
    api_keys_directory: filePath
      .optional()
      .describe(
        "Folder with an API key per program instead of one for all, made and rotated by `lagline keys`: below it a folder per environment, in it `collector-api-key`, `setup-api-key`, `retention-api-key`, `reader-api-key`, `grafana-api-key` and `relay-api-key`.",
      ),
    bearer_token_file: secretFile.optional().describe("File with a bearer token."),
    ca_fingerprint: fingerprint
      .optional()
      .describe("SHA-256 fingerprint of the certificate authority, instead of tls.ca_file."),
    headers: z
      .record(headerName, z.string().regex(/^[\t\x20-\x7e]*$/, "must be printable ASCII on one line"))
      .default({})
      .describe(
        "Headers of every request, for a proxy before Elasticsearch. No secrets: they stand here, and in containers, as they are.",
      ),
    tls: httpTls.optional(),
  })
  .superRefine(exactlyOne(["url", "urls", "cloud_id"]))
  .superRefine((value, context) => {
    if (value.api_keys_directory === undefined) return;
    const others = (["username", "password_file", "api_key_file", "bearer_token_file"] as const).filter(
      (name) => value[name] !== undefined,
    );
    if (others.length === 0) return;
    context.addIssue({
      code: "custom",
      path: ["api_keys_directory"],
      message: `gives every program a key of its own; leave out ${others.join(" and ")}`,
    });
  })
  .transform(({ cloud_id: id, ...rest }) => {
    const address = id === undefined ? undefined : cloudAddress(id);
    return address === undefined ? rest : { ...rest, urls: [address] };
  })
  .describe("An Elasticsearch that exists already (8.19 or 9.x).");

const security = z
  .strictObject({
    enabled: z
      .boolean()
      .default(true)
      .describe("Users with roles of their own, and TLS with an authority of its own."),
    directory: filePath
      .default("secrets/elasticsearch")
      .describe(
        "Where its passwords, certificates and the authority's key are kept, in a folder per environment; made by `lagline secrets init`.",
      ),
    host_names: z
      .array(hostName)
      .default([])
      .describe(
        "Further names or addresses under which it is reached, for its certificates. Those inside the deployment and 127.0.0.1 are always in them.",
      ),
  })
  .prefault({})
  .describe("Who may do what in it, and how it proves who it is.");

const managedElasticsearch = z
  .strictObject({
    nodes: z
      .union([z.literal(1), z.literal(3)])
      .default(1)
      .describe("Number of nodes: 1 or 3."),
    version: z.enum(["9", "8"]).default("9").describe("Major version to run."),
    memory_megabytes: z
      .int()
      .min(1024)
      .default(1536)
      .describe("Memory limit of each node; a third of it is heap on small nodes, half from 4096 on."),
    cpus: cpus.default(1).describe("CPU quota of each node."),
    host_port: port
      .default(19_200)
      .describe("Port on this host, bound to 127.0.0.1; further nodes take the ports after it."),
    security,
  })
  .describe("An Elasticsearch that a stack provisions.");

export const elasticsearch = z
  .strictObject({
    external: externalElasticsearch.optional(),
    managed: managedElasticsearch.optional(),
    retention_days: z.int().min(1).max(3650).default(30).describe("How long documents are kept."),
    replicas: z
      .int()
      .min(0)
      .max(2)
      .optional()
      .describe("Replicas of each shard. Default: 0 on one node, 1 on three, 1 on an external cluster."),
    index,
  })
  .superRefine(exactlyOne(["external", "managed"]))
  .describe("Where documents are stored.");

export type ManagedElasticsearch = z.output<typeof managedElasticsearch>;
export type ElasticsearchConfig = z.output<typeof elasticsearch>;
