/** The real Elasticsearch that tests use, with security on or off, for every HTTP client that they have. */
import { readFileSync } from "node:fs";
import { Agent } from "node:https";
import axios from "axios";
import type { AxiosInstance } from "axios";
import { z } from "zod";
import type { ClientSettings } from "../../collectors/elasticsearch/client.ts";
import { clientSettings } from "../../collectors/elasticsearch/connection.ts";
import type { Config } from "../../config/schema.ts";
import { ACCESS_USER_NAMES, type AccessUser } from "../../model/access.ts";

const TIMEOUT_MS = 30_000;
const VARIABLES = {
  url: "LAGLINE_TEST_ELASTICSEARCH_URL",
  username: "LAGLINE_TEST_ELASTICSEARCH_USERNAME",
  passwordFile: "LAGLINE_TEST_ELASTICSEARCH_PASSWORD_FILE",
  caFile: "LAGLINE_TEST_ELASTICSEARCH_CA_FILE",
} as const;
/** Name and password file of each further user, as JSON. */
const USERS = "LAGLINE_TEST_ELASTICSEARCH_USERS";
const users = z.partialRecord(
  z.enum(ACCESS_USER_NAMES),
  z.object({ username: z.string(), passwordFile: z.string() }),
);

/** Tells the tests where it is: they make indices of their own, so they are its operator. */
export function offerElasticsearch(config: Config): void {
  const { urls, files } = clientSettings(config, "operator");
  const others = ACCESS_USER_NAMES.map((user) => [user, clientSettings(config, user).files]);
  process.env[USERS] = JSON.stringify(Object.fromEntries(others));
  const values = { ...files, url: urls[0] };
  for (const [name, variable] of Object.entries(VARIABLES)) {
    const value: unknown = Reflect.get(values, name);
    if (typeof value === "string") process.env[variable] = value;
  }
}

/** @throws when none is offered, or no such user: such a test must not pass by doing nothing. */
export function testElasticsearch(user: AccessUser = "operator"): ClientSettings {
  if (user !== "operator") return asUser(testElasticsearch(), user);
  const url = process.env[VARIABLES.url] ?? "";
  if (url === "") {
    throw new Error(
      `${VARIABLES.url} is not set: this test needs a real Elasticsearch. Run scripts/test, or set it to one you may write to.`,
    );
  }
  const username = process.env[VARIABLES.username];
  const passwordFile = process.env[VARIABLES.passwordFile];
  const caFile = process.env[VARIABLES.caFile];
  return {
    urls: [url],
    files: {
      ...(username === undefined ? {} : { username }),
      ...(passwordFile === undefined ? {} : { passwordFile }),
      ...(caFile === undefined ? {} : { caFile }),
    },
  };
}

function asUser({ urls, files }: ClientSettings, user: AccessUser): ClientSettings {
  const found = users.parse(JSON.parse(process.env[USERS] ?? "{}"))[user];
  if (found === undefined) {
    throw new Error(
      `${USERS} names no user ${user}: this test needs one with the rights of docs/security.md. Run scripts/test, or set it to JSON such as {"${user}":{"username":"…","passwordFile":"…"}}.`,
    );
  }
  return { urls, files: { ...files, ...found } };
}

/** The same for plain requests, as Grafana and people make them. */
export function plainHttp({ urls: [url = ""], files }: ClientSettings): AxiosInstance {
  const { username, passwordFile, caFile } = files;
  return axios.create({
    baseURL: url,
    timeout: TIMEOUT_MS,
    proxy: false,
    ...(username === undefined || passwordFile === undefined
      ? {}
      : { auth: { username, password: readFileSync(passwordFile, "utf8").trim() } }),
    ...(caFile === undefined ? {} : { httpsAgent: new Agent({ ca: readFileSync(caFile), keepAlive: true }) }),
  });
}
