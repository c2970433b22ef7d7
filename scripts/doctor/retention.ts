/** Looks at Lagline's own retention: its process, and how far ahead a time series takes documents. */
import { documentsIndex } from "../../config/documents-index.ts";
import { detectServer } from "../../collectors/elasticsearch/detect.ts";
import { coveredUntil, DAY_MS } from "../../collectors/elasticsearch/windows.ts";
import { iso } from "../../collectors/retention/clock.ts";
import { type Reading, readIndices } from "../../collectors/retention/read.ts";
import { describeError } from "../../model/errors.ts";
import { RETENTION_NAME, RETENTION_PORT } from "../../stacks/endpoints.ts";
import { usesOwnRetention } from "../../stacks/own-retention.ts";
import { asDeployed } from "../commands/deployed-config.ts";
import { askInside } from "./container-http.ts";
import { judgeContainer, judgeReadiness } from "./container.ts";
import type { Walk } from "./context.ts";
import { named } from "./context.ts";
import type { Observation } from "./finding.ts";
import { broken, ok, skipped, warning } from "./finding.ts";

/** Windows are opened 21 days ahead, so this is two weeks without a run. */
const FEW_DAYS = 7;
const RUN_IT = "Windows are opened by `lagline retention`: does it run, and what does its log say?";

/** Nothing where Elasticsearch deletes by itself. */
export async function lookAtRetention(walk: Walk): Promise<readonly Observation[]> {
  const config = asDeployed(walk.config);
  if (!usesOwnRetention(config) || "problem" in walk.http) return [];
  const reading = { http: walk.http, index: documentsIndex(config), signal: walk.signal };
  const ahead = await lookAhead(reading, walk.now()).catch((error: unknown) => [
    skipped("time-bounds", `Could not be asked: ${describeError(error)}`),
  ]);
  return [...(await lookAtProcess(walk)), ...ahead];
}

async function lookAtProcess(walk: Walk): Promise<readonly Observation[]> {
  if ((walk.containers ?? []).length === 0) return [];
  const [name, found] = named(walk, RETENTION_NAME);
  const container = judgeContainer(name, found);
  if (container.outcome === "broken") return [{ ...container, check: "retention" }];
  const inside = { config: walk.config, container: name, signal: walk.signal };
  const reply = await askInside(inside, { url: `http://127.0.0.1:${RETENTION_PORT}/readyz` });
  const ready = judgeReadiness(reply, {
    who: "retention",
    portSetting: "--health-port",
    fix: `Nothing is deleted meanwhile: docker logs --tail 20 ${name} says why.`,
  });
  return [{ ...ready, check: "retention" }];
}

/** How far ahead documents are taken. Only a time series has an end. */
export async function lookAhead(reading: Reading, nowMs: number): Promise<readonly Observation[]> {
  const check = "time-bounds";
  if (reading.index.mode !== "time_series") return [];
  if ((await detectServer(reading.http, reading.index.name)).hasDataStreamApi) return [];
  const spans = (await readIndices(reading)).flatMap(({ span }) => span ?? []);
  if (spans.length === 0) return [ok(check, "There is no index yet; the first document makes it.")];
  const untilMs = coveredUntil(spans, nowMs);
  if (untilMs === null) {
    return [
      broken(
        check,
        `No index of ${reading.index.name} takes documents of ${iso(nowMs)}: all are refused.`,
        RUN_IT,
      ),
    ];
  }
  const text = `Documents are taken until ${iso(untilMs)}.`;
  return [untilMs - nowMs < FEW_DAYS * DAY_MS ? warning(check, text, RUN_IT) : ok(check, text)];
}
