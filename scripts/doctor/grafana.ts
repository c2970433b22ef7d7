/** Looks at Grafana: it runs, has our pages and rules, and its data source reads documents. */
import { readFileSync } from "node:fs";
import { z } from "zod";
import { describeError } from "../../model/errors.ts";
import type { Observation } from "./finding.ts";
import { broken, ok, skipped, warning } from "./finding.ts";
import type { Reply } from "./http.ts";
import { ask, jsonOf } from "./http.ts";

export type GrafanaLook = {
  readonly url: string;
  /** Password of `admin`; without it only the health is asked. */
  readonly passwordFile: string | undefined;
  /** What must be there; rendered only when Grafana can be asked for it. */
  readonly expected: () => Promise<ExpectedGrafana>;
  readonly signal: AbortSignal;
};

export type ExpectedGrafana = {
  readonly dashboardUids: readonly string[];
  readonly ruleUids: readonly string[];
  readonly datasourceUids: readonly string[];
};

/** Oldest major version that the pages and rules are made for. */
const OLDEST_MAJOR = 11;
const FILES_FIX =
  "Mount the rendered files (`lagline render`), restart Grafana and read its log for `provisioning`.";

export async function lookAtGrafana(look: GrafanaLook): Promise<readonly Observation[]> {
  const health = judgeHealth(look.url, await ask(`${look.url}/api/health`, { signal: look.signal }));
  if (health.outcome === "broken") return [health];
  if (look.passwordFile === undefined) {
    return [
      health,
      skipped(
        "provisioned",
        "No credentials for this Grafana in lagline.yaml: pages and rules were not looked at.",
      ),
    ];
  }
  let authorization: string;
  try {
    authorization = `Basic ${Buffer.from(`admin:${readFileSync(look.passwordFile, "utf8").trimEnd()}`).toString("base64")}`;
  } catch (error) {
    return [health, skipped("provisioned", `The admin password cannot be read: ${describeError(error)}.`)];
  }
  const get = (path: string): Promise<Reply> =>
    ask(`${look.url}${path}`, { headers: { authorization }, signal: look.signal });
  const expected = await look.expected();
  return [
    health,
    judgeUids("dashboards", expected.dashboardUids, await get("/api/search?type=dash-db&limit=5000")),
    judgeUids("alert rules", expected.ruleUids, await get("/api/v1/provisioning/alert-rules")),
    ...(await datasources(get, expected)),
  ];
}

type Get = (path: string) => Promise<Reply>;
const healthSchema = z.object({ database: z.string(), version: z.string() });

function judgeHealth(url: string, reply: Reply): Observation {
  const fix =
    "Start Grafana, or correct grafana.external.url; `docker logs` of its container names a file that it could not load.";
  if (reply.kind === "none")
    return broken("health", `Grafana at ${url} does not answer: ${reply.reason}.`, fix);
  const parsed = healthSchema.safeParse(jsonOf(reply.text));
  if (reply.status !== 200 || !parsed.success) {
    return broken("health", `${url}/api/health answers HTTP ${reply.status}, not as a healthy Grafana.`, fix);
  }
  const { version, database } = parsed.data;
  if (database !== "ok")
    return broken(
      "health",
      `Grafana ${version} cannot use its database: ${database}.`,
      "Check the disk of its volume.",
    );
  return Number(version.split(".")[0]) < OLDEST_MAJOR
    ? warning(
        "health",
        `Grafana ${version} is older than ${OLDEST_MAJOR}: some panels and alert options are unknown to it.`,
        "Upgrade Grafana.",
      )
    : ok("health", `Grafana ${version} answers at ${url}.`);
}

const uidsSchema = z.array(z.object({ uid: z.string() }));

function judgeUids(what: string, expected: readonly string[], reply: Reply): Observation {
  const check = what.replace(" ", "-");
  const parsed = reply.kind === "answer" ? uidsSchema.safeParse(jsonOf(reply.text)) : undefined;
  if (reply.kind === "none" || reply.status !== 200 || parsed?.success !== true) {
    const said = reply.kind === "none" ? reply.reason : `HTTP ${reply.status}`;
    return broken(
      check,
      `Grafana did not list its ${what}: ${said}.`,
      "Check grafana.managed.admin_password_file: the password of a Grafana that exists is not changed by the file.",
    );
  }
  const present = new Set(parsed.data.map(({ uid }) => uid));
  const missing = expected.filter((uid) => !present.has(uid));
  return missing.length === 0
    ? ok(check, `All ${expected.length} ${what} are there.`)
    : broken(
        check,
        `Grafana lacks ${missing.length} of ${expected.length} ${what}: ${missing.slice(0, 5).join(", ")}.`,
        FILES_FIX,
      );
}

const sourceSchema = z.object({ status: z.string().optional(), message: z.string().optional() });

async function datasources(get: Get, { datasourceUids }: ExpectedGrafana): Promise<readonly Observation[]> {
  return Promise.all(
    datasourceUids.map(async (uid) => {
      const reply = await get(`/api/datasources/uid/${encodeURIComponent(uid)}/health`);
      if (reply.kind === "none")
        return broken("data-source", `The data source ${uid} did not answer: ${reply.reason}.`, FILES_FIX);
      const said = sourceSchema.safeParse(jsonOf(reply.text)).data;
      // Before 10.3 the Elasticsearch data source has no health check of its own.
      if (reply.status === 404 && /not found|not implemented/i.test(said?.message ?? "")) {
        return /data ?source not found/i.test(said?.message ?? "")
          ? broken("data-source", `Grafana has no data source ${uid}.`, FILES_FIX)
          : skipped("data-source", "This Grafana cannot test the data source.");
      }
      return reply.status === 200 && said?.status === "OK"
        ? ok("data-source", `Grafana reads Elasticsearch through the data source ${uid}.`)
        : broken(
            "data-source",
            `Grafana's data source ${uid} fails: ${said?.message ?? `HTTP ${reply.status}`}.`,
            "Check grafana.elasticsearch: address as Grafana sees it, user, certificate authority.",
          );
    }),
  );
}
