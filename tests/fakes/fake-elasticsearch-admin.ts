/** The administrative side of the fake Elasticsearch: version, health, templates, data streams and their lifecycle. */
import type { FakeRequest } from "./fake-elasticsearch.ts";

export type FakeAdminOptions = {
  /** `full` has the data stream and lifecycle APIs; `bare` is the test build from Maven, without `GET /`. */
  readonly distribution?: "full" | "bare";
  readonly version?: string;
};

export type FakeAnswer = { readonly status: number; readonly body: unknown };
type Json = Record<string, unknown>;

export type FakeAdmin = {
  readonly componentTemplates: Map<string, Json>;
  readonly indexTemplates: Map<string, Json>;
  readonly dataStreams: Map<string, Json>;
  /** Lifecycle policies with their versions, as Elasticsearch counts them. */
  readonly policies: Map<string, { version: number; policy: Json }>;
  /** Settings of the indices of a data stream, by the stream's name; flat. */
  readonly indexSettings: Map<string, Json>;
  /** Number of PUT and POST requests so far. */
  readonly writes: () => number;
  /** The next requests get this answer, one each. */
  readonly script: (...answers: readonly FakeAnswer[]) => void;
  readonly answer: (request: FakeRequest, body: Buffer) => FakeAnswer;
};

const ok: FakeAnswer = { status: 200, body: { acknowledged: true } };
const missing = (what: string): FakeAnswer => ({
  status: 404,
  body: { error: { type: "resource_not_found_exception", reason: `${what} not found` }, status: 404 },
});

export function createFakeAdmin(options: FakeAdminOptions): FakeAdmin {
  const { distribution = "full", version = "9.2.0" } = options;
  const componentTemplates = new Map<string, Json>();
  const indexTemplates = new Map<string, Json>();
  const dataStreams = new Map<string, Json>();
  const policies = new Map<string, { version: number; policy: Json }>();
  const indexSettings = new Map<string, Json>();
  const scripted: FakeAnswer[] = [];
  let writes = 0;

  const templates = (
    request: FakeRequest,
    what: { map: Map<string, Json>; list: string; item: string; json: Json },
  ): FakeAnswer => {
    const name = decodeURIComponent(request.path.split("/")[2] ?? "");
    if (request.method === "PUT") {
      what.map.set(name, what.json);
      return ok;
    }
    const found = what.map.get(name);
    if (found === undefined) return missing(name);
    return { status: 200, body: { [what.list]: [{ name, [what.item]: found }] } };
  };

  const streams = (request: FakeRequest, json: Json): FakeAnswer => {
    const [, , rawName, part] = request.path.split("/");
    const name = decodeURIComponent(rawName ?? "");
    if (distribution === "bare") return noHandler(request);
    const found = dataStreams.get(name);
    if (request.method === "PUT" && part === "_lifecycle") {
      if (found === undefined) return missing(name);
      dataStreams.set(name, { ...found, lifecycle: json });
      return ok;
    }
    if (request.method === "PUT") {
      if (found !== undefined) {
        const error = {
          type: "resource_already_exists_exception",
          reason: `data_stream [${name}] already exists`,
        };
        return { status: 400, body: { error, status: 400 } };
      }
      dataStreams.set(name, { name });
      return ok;
    }
    return found === undefined ? missing(name) : { status: 200, body: { data_streams: [found] } };
  };

  const lifecycle = (request: FakeRequest, json: Json): FakeAnswer => {
    const name = decodeURIComponent(request.path.split("/")[3] ?? "");
    if (distribution === "bare") return noHandler(request);
    const known = policies.get(name);
    if (request.method === "PUT") {
      policies.set(name, { version: (known?.version ?? 0) + 1, policy: Object(json["policy"]) });
      return ok;
    }
    return known === undefined ? missing(name) : { status: 200, body: { [name]: known } };
  };

  /** Settings and mapping of the data stream's indices. */
  const index = (request: FakeRequest): FakeAnswer => {
    const [, name = "", part] = request.path.split("/");
    if (part !== "_settings" && part !== "_mapping") return noHandler(request);
    const stream = decodeURIComponent(name);
    const settings = indexSettings.get(stream);
    if (request.method === "GET" && settings !== undefined) {
      return { status: 200, body: { [`.ds-${stream}-000001`]: { settings } } };
    }
    if (!dataStreams.has(stream)) return missing(name);
    return request.method === "GET" ? { status: 200, body: {} } : ok;
  };

  return {
    componentTemplates,
    indexTemplates,
    dataStreams,
    policies,
    indexSettings,
    writes: () => writes,
    script: (...answers) => {
      scripted.push(...answers);
    },
    answer: (request, body) => {
      const next = scripted.shift();
      if (next !== undefined) return next;
      if (request.method === "PUT" || request.method === "POST") writes += 1;
      const json = parse(body);
      const [, first] = request.path.split("/");
      switch (first) {
        case "":
          return distribution === "bare"
            ? noHandler(request)
            : { status: 200, body: { version: { number: version } } };
        case "_nodes":
          return { status: 200, body: { nodes: { "node-1": { version } } } };
        case "_cluster":
          return { status: 200, body: { status: "green", timed_out: false } };
        case "_component_template":
          return templates(request, {
            map: componentTemplates,
            list: "component_templates",
            item: "component_template",
            json,
          });
        case "_index_template":
          if (request.path.startsWith("/_index_template/_simulate"))
            return { status: 200, body: { template: {} } };
          return templates(request, {
            map: indexTemplates,
            list: "index_templates",
            item: "index_template",
            json,
          });
        case "_ilm":
          return lifecycle(request, json);
        case "_data_stream":
          return streams(request, json);
        default:
          return index(request);
      }
    },
  };
}

/** What the bare build says to paths it has no handler for. */
function noHandler(request: FakeRequest): FakeAnswer {
  const error = `Incorrect HTTP method for uri [${request.path}] and method [${request.method}]`;
  return {
    status: request.path === "/" ? 405 : 400,
    body: { error, status: request.path === "/" ? 405 : 400 },
  };
}

function parse(body: Buffer): Json {
  if (body.length === 0) return {};
  const value: unknown = JSON.parse(body.toString("utf8"));
  return typeof value === "object" && value !== null ? { ...value } : {};
}
