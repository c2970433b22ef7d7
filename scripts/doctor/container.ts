/** Looks at a process of Lagline's own: its container, and what its /readyz says. */
import { z } from "zod";
import type { OwnContainer } from "../deploy/docker.ts";
import type { Observation } from "./finding.ts";
import { broken, ok } from "./finding.ts";
import type { Reply } from "./http.ts";
import { jsonOf } from "./http.ts";

/** The engine gives a container up whose network belongs to one that did not run at that moment. */
const NO_NAMESPACE = "cannot join network of a non running container";

/** A container of this environment that should run. */
export function judgeContainer(name: string, container: OwnContainer | undefined): Observation {
  const check = "container";
  if (container === undefined) {
    return broken(check, `There is no container ${name} on this Docker engine.`, "Deploy: scripts/up.");
  }
  if (container.state !== "running") {
    const { state, exitCode, error = "" } = container;
    const reason = error === "" ? "" : `, and Docker could not start it: ${error}`;
    return broken(
      check,
      `The container ${name} is ${state} (exit code ${exitCode})${reason}.`,
      error.startsWith(NO_NAMESPACE)
        ? "scripts/up starts it again. With `collector.sidecar_mode: shared-network` it would have stayed."
        : `Read its last lines: docker logs --tail 20 ${name}; then scripts/up.`,
    );
  }
  if (container.health === "unhealthy") {
    return broken(
      check,
      `The container ${name} runs, but its health check fails.`,
      `Read its last lines: docker logs --tail 20 ${name}.`,
    );
  }
  return ok(check, `${name} runs${container.health === "" ? "" : ` and is ${container.health}`}.`);
}

const readiness = z.object({ ok: z.boolean(), reasons: z.array(z.string()) });

/** Whose /readyz it is, and what to do about its reasons. */
export type ReadinessSubject = {
  readonly who: "collector" | "relay" | "retention";
  readonly portSetting: string;
  readonly fix: string;
};

const COLLECTOR: ReadinessSubject = {
  who: "collector",
  portSetting: "collector.health_port",
  fix: "The reasons are the collector's own; its log has more.",
};

/** What /readyz answered. */
export function judgeReadiness(reply: Reply, { who, portSetting, fix } = COLLECTOR): Observation {
  if (reply.kind === "none") {
    return broken(
      "readiness",
      `The ${who}'s /readyz does not answer: ${reply.reason}.`,
      "The process hangs or is about to start; look at its log.",
    );
  }
  const parsed = readiness.safeParse(jsonOf(reply.text));
  if (!parsed.success) {
    return broken(
      "readiness",
      `The ${who}'s /readyz answers HTTP ${reply.status} with something else than its state.`,
      `Another program has ${portSetting}; choose a free one.`,
    );
  }
  return parsed.data.ok
    ? ok("readiness", `The ${who} says that it is ready.`)
    : broken("readiness", parsed.data.reasons.join(" "), fix);
}
