/**
 * API keys as Elasticsearch 8.19.8 and 9.2.0 answer about them, on loopback: made, listed, revoked, expired, used. The
 * sentences are theirs. An administrator's rights can be taken away.
 */
import { randomBytes } from "node:crypto";
import { createServer } from "node:http";
import type { IncomingMessage } from "node:http";

type Json = Record<string, unknown>;
type Answer = { readonly status: number; readonly body: unknown };

export type FakeKey = {
  readonly id: string;
  readonly secret: string;
  readonly name: string;
  readonly creation: number;
  readonly expiration: number | undefined;
  readonly metadata: unknown;
  invalidated: boolean;
};

export type FakeApiKeys = {
  readonly url: string;
  readonly keys: FakeKey[];
  /** Valid keys, by name. */
  readonly valid: (name: string) => readonly FakeKey[];
  /** What the administrator may do; also what the keys may do at most. */
  mode: "all" | "no-security" | "switched-off" | "no-manage" | "no-index-rights" | "is-a-key";
  /** Answers the next request whose method and path begin so, instead of the normal answer. */
  readonly failNext: (start: string, answer: Answer) => void;
  /** Called before a request is answered. */
  onRequest: (request: string) => void;
  readonly stop: () => Promise<void>;
};

export const FAKE_ADMINISTRATOR = { username: "admin", password: "fake-password" } as const;

const NOBODY =
  "unable to authenticate with provided credentials and anonymous access is not allowed for this request";

export async function startFakeApiKeys(): Promise<FakeApiKeys> {
  const failures: { start: string; answer: Answer }[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const what = `${request.method ?? ""} ${request.url ?? ""}`;
      fake.onRequest(what);
      const failing = failures.findIndex(({ start }) => what.startsWith(start));
      const [failure] = failing === -1 ? [] : failures.splice(failing, 1);
      const answer = failure?.answer ?? answerTo(fake, request, Buffer.concat(chunks).toString("utf8"));
      response.writeHead(answer.status, {
        "content-type": "application/json",
        "x-elastic-product": "Elasticsearch",
      });
      response.end(JSON.stringify(answer.body));
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  const fake: FakeApiKeys = {
    url: `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`,
    keys: [],
    valid: (name) => fake.keys.filter((key) => key.name === name && !key.invalidated),
    mode: "all",
    failNext: (start, answer) => void failures.push({ start, answer }),
    onRequest: () => undefined,
    stop: () =>
      new Promise<void>((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
  return fake;
}

function answerTo(fake: FakeApiKeys, request: IncomingMessage, text: string): Answer {
  const url = new URL(request.url ?? "", "http://fake");
  if (fake.mode === "no-security") {
    return refuse(400, "", `no handler found for uri [${url.pathname}] and method [${request.method}]`);
  }
  const who = authenticate(fake, request.headers.authorization ?? "");
  if ("status" in who) return who;
  const json: Json = text === "" ? {} : JSON.parse(text);
  switch (`${request.method} ${url.pathname}`) {
    case "POST /_security/api_key":
      return manage(fake, "create") ?? create(fake, json);
    case "GET /_security/api_key":
      return list(fake, url.searchParams, who);
    case "DELETE /_security/api_key":
      return manage(fake, "invalidate") ?? revoke(fake, json);
    case "GET /_security/_authenticate":
      return {
        status: 200,
        body: { username: "admin", ...("id" in who ? { api_key: { id: who.id } } : {}) },
      };
    case "POST /_security/user/_has_privileges":
      return privileges(fake, json);
    default:
      return refuse(404, "resource_not_found_exception", "no such path");
  }
}

type Who = { readonly id: string } | { readonly isAdministrator: true };

function authenticate(fake: FakeApiKeys, header: string): Who | Answer {
  const [scheme, value = ""] = header.split(" ");
  const [name = "", secret] = Buffer.from(value, "base64").toString("utf8").split(":");
  if (scheme === "Basic") {
    const { username, password } = FAKE_ADMINISTRATOR;
    return name === username && secret === password
      ? { isAdministrator: true }
      : refuse(401, "security_exception", `unable to authenticate user [${name}] for REST request [/]`);
  }
  const key = fake.keys.find(({ id }) => id === name);
  const tried =
    key === undefined
      ? `unable to find apikey with id ${name}`
      : key.invalidated
        ? `api key [${name}] has been invalidated`
        : (key.expiration ?? Infinity) <= Date.now()
          ? "api key is expired"
          : key.secret === secret
            ? undefined
            : `invalid credentials for API key [${name}]`;
  if (tried === undefined) return { id: name };
  const error = {
    type: "security_exception",
    reason: NOBODY,
    additional_unsuccessful_credentials: `API key: ${tried}`,
  };
  return { status: 401, body: { error, status: 401 } };
}

function manage(fake: FakeApiKeys, action: string): Answer | undefined {
  if (fake.mode === "switched-off") {
    return refuse(400, "feature_not_enabled_exception", "api keys are not enabled");
  }
  if (fake.mode === "is-a-key" && action === "create") {
    return refuse(
      400,
      "illegal_argument_exception",
      "creating derived api keys requires an explicit role descriptor that is empty (has no privileges)",
    );
  }
  if (fake.mode !== "no-manage") return undefined;
  return refuse(
    403,
    "security_exception",
    `action [cluster:admin/xpack/security/api_key/${action}] is unauthorized for user [admin] with effective roles [r], this action is granted by the cluster privileges [manage_own_api_key,manage_api_key,manage_security,all]`,
  );
}

function create(fake: FakeApiKeys, json: Json): Answer {
  const days = /^(\d+)d$/.exec(String(json["expiration"]))?.[1];
  const key: FakeKey = {
    id: randomBytes(15).toString("base64url"),
    secret: randomBytes(16).toString("base64url"),
    name: String(json["name"]),
    // Two in one millisecond would have no order.
    creation: Math.max(Date.now(), (fake.keys.at(-1)?.creation ?? 0) + 1),
    expiration: days === undefined ? undefined : Date.now() + Number(days) * 86_400_000,
    metadata: json["metadata"],
    invalidated: false,
  };
  fake.keys.push(key);
  const encoded = Buffer.from(`${key.id}:${key.secret}`).toString("base64");
  return { status: 200, body: { id: key.id, name: key.name, api_key: key.secret, encoded } };
}

function list(fake: FakeApiKeys, query: URLSearchParams, who: Who): Answer {
  const id = query.get("id");
  const isOwn = "id" in who && who.id === id;
  const refused = isOwn ? undefined : manage(fake, "get");
  if (refused !== undefined) return refused;
  const start = (query.get("name") ?? "").replace(/\*$/, "");
  const found = fake.keys.filter((key) => (id === null ? key.name.startsWith(start) : key.id === id));
  const keys = found.map(({ secret: _secret, ...key }) => ({ ...key, username: "admin" }));
  return { status: 200, body: { api_keys: keys } };
}

function revoke(fake: FakeApiKeys, json: Json): Answer {
  const ids = Array.isArray(json["ids"]) ? json["ids"] : [];
  const found = fake.keys.filter(({ id, invalidated }) => ids.includes(id) && !invalidated);
  for (const key of found) key.invalidated = true;
  const body = {
    invalidated_api_keys: found.map(({ id }) => id),
    previously_invalidated_api_keys: [],
    error_count: 0,
  };
  return { status: 200, body };
}

function privileges(fake: FakeApiKeys, json: Json): Answer {
  const may = fake.mode !== "no-index-rights";
  const granted = (names: unknown, has: boolean): Json =>
    Object.fromEntries((Array.isArray(names) ? names : []).map((name: unknown) => [String(name), has]));
  const indices = Array.isArray(json["index"]) ? json["index"] : [];
  const index = Object.fromEntries(
    indices.flatMap((entry: { names: string[]; privileges: string[] }) =>
      entry.names.map((name) => [name, granted(entry.privileges, may)]),
    ),
  );
  return { status: 200, body: { has_all_requested: may, cluster: granted(json["cluster"], true), index } };
}

function refuse(status: number, type: string, reason: string): Answer {
  return { status, body: { error: type === "" ? reason : { type, reason }, status } };
}
