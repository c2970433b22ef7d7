/** Building blocks of the configuration schema that more than one part uses. */
import { z } from "zod";
import { problemOfGlob } from "../model/globs.ts";

export const nonEmpty = z.string().min(1);

/** A path on this host; relative paths start at the folder of lagline.yaml. */
export const filePath = nonEmpty.meta({ path: true });

/** A file that holds a secret. The value itself never appears in the configuration. */
export const secretFile = nonEmpty.meta({ path: true, secret: true });

export const port = z.int().min(1).max(65_535);
export const seconds = z.number().positive();
export const megabytes = z.int().min(32);
export const cpus = z.number().min(0.05).max(256);

/** Burrow lower-cases section names but not the references to them, so an upper-case cluster would show no groups. */
export const clusterName = z
  .string()
  .regex(
    /^[a-z0-9][a-z0-9_-]{0,62}$/,
    "must be 1 to 63 lower-case letters, digits, `-` or `_`, because Burrow needs it so",
  );

export const environmentName = z
  .string()
  .regex(
    /^[a-z0-9][a-z0-9-]{0,30}$/,
    "must be 1 to 31 lower-case letters, digits or `-`: it becomes part of container, volume and index names",
  );

export const topicName = z
  .string()
  .regex(
    /^[a-zA-Z0-9._-]{1,249}$/,
    "must be a Kafka topic name: letters, digits, `.`, `_` or `-`, at most 249",
  );

export const hostPort = z
  .string()
  .regex(
    /^[A-Za-z0-9.-]+(_[A-Za-z0-9.-]+)?:\d{1,5}$/,
    "must be host:port, for example kafka-1:9092 (Burrow accepts at most one underscore in a host)",
  );

/** Becomes part of a certificate request: nothing that would be read as more than a name. */
export const hostName = z
  .string()
  .regex(
    /^([A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?|[0-9A-Fa-f:]{2,45})$/,
    "must be a host name or an IP address",
  );

export const httpUrl = z
  .url({ protocol: /^https?$/, error: "must be an http:// or https:// address" })
  .refine(
    (value) => {
      const parsed = URL.canParse(value) ? new URL(value) : undefined;
      return parsed === undefined || (parsed.username === "" && parsed.password === "");
    },
    { error: "must not hold a user name or password; put them into files", abort: true },
  );

/** Paths are added behind it. */
export const baseUrl = httpUrl.refine((value) => !/[?#]/.test(value), {
  error: "must be an address without ? and #, because paths are added behind it",
});

/** Globs with `*`, `?` and `[…]`; matched as a whole, case sensitive. */
export const globs = z.array(
  z.string().superRefine((glob, context) => {
    const message = problemOfGlob(glob);
    if (message !== null) context.addIssue({ code: "custom", message, input: glob });
  }),
);

/** A path in front of every request: nothing that would have to be escaped, no query. */
export const urlPath = z
  .string()
  .regex(
    /^\/(?:[A-Za-z0-9._~!$&'()*+,;=:@/-]|%[0-9A-Fa-f]{2})*$/,
    "must be a path such as /v3/kafka: it begins with a slash, has no query, and other letters are percent-encoded",
  );

export const tls = z
  .strictObject({
    ca_file: filePath
      .optional()
      .describe("Certificate authority that signed the server, PEM. Left out: the system's authorities."),
    certificate_file: filePath.optional().describe("Client certificate, PEM."),
    key_file: secretFile.optional().describe("Key of the client certificate, PEM."),
    server_name: nonEmpty
      .optional()
      .describe("Name to check the server's certificate against, where it differs from the host."),
  })
  .describe("TLS. Verification cannot be switched off.");

/** Of HTTP. Kafka's is spoken by Burrow, which has no such setting. */
export const httpTls = tls
  .extend({
    minimum_version: z
      .enum(["TLSv1.2", "TLSv1.3"])
      .default("TLSv1.2")
      .describe("Oldest version of TLS that is spoken."),
  })
  .describe("TLS. Verification cannot be switched off.");

/** True when exactly one of the keys is set; the message names both. */
export function exactlyOne(keys: readonly string[]) {
  return (value: object, context: z.RefinementCtx): void => {
    const present = keys.filter((key) => Reflect.get(value, key) !== undefined);
    if (present.length !== 1) {
      context.addIssue({
        code: "custom",
        message: `must have exactly one of ${keys.map((key) => `\`${key}\``).join(", ")}, has ${present.length === 0 ? "none" : present.map((key) => `\`${key}\``).join(" and ")}`,
      });
    }
  };
}
