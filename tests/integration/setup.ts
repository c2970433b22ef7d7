/** Makes the deployment that the integration tests share, and takes it away again, also when it failed half-way. */
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildStandIn } from "./support/grafana-stand-in.ts";
import { offerElasticsearch } from "../support/elasticsearch.ts";
import { config, lagline, repositoryRoot, secretsDirectory } from "./support/deployment.ts";

/** Names and ports of this deployment are fixed, so that one run at a time may have it on a host. */
const LOCK = join(tmpdir(), "lagline-integration.lock");

export async function setup(): Promise<void> {
  takeLock();
  // What a run left that was killed before it could clean up.
  await lagline("down", "--purge", "--yes");
  mkdirSync(secretsDirectory, { recursive: true, mode: 0o700 });
  const webhook = config.alerts.slack?.webhook_file ?? "";
  if (!existsSync(webhook)) {
    // Random, so that finding it anywhere it does not belong is proof of a leak.
    writeFileSync(webhook, `http://slack.invalid/${randomBytes(24).toString("hex")}\n`, { mode: 0o600 });
  }
  const prepared = await lagline("prepare");
  if (prepared.exitCode !== 0) {
    await teardown();
    throw new Error("`lagline prepare` failed; its own words are above.");
  }
  await buildStandIn(config.grafana.managed?.image ?? "");
  const up = await lagline("up");
  if (up.exitCode !== 0) {
    await teardown();
    throw new Error("`lagline up` failed; its own words are above.");
  }
  offerElasticsearch(config);
}

function takeLock(): void {
  const holder = existsSync(LOCK) ? Number(readFileSync(LOCK, "utf8")) : 0;
  if (holder > 0 && existsSync(`/proc/${holder}`)) {
    throw new Error(
      `Another test run (process ${holder}) uses the integration deployment of this host. Wait until it has ended.`,
    );
  }
  writeFileSync(LOCK, String(process.pid));
}

export async function teardown(): Promise<void> {
  // Also called after a refused start: the deployment of another run must stay, and a second call has nothing to do.
  if (!existsSync(LOCK) || readFileSync(LOCK, "utf8") !== String(process.pid)) {
    return;
  }
  const down = await lagline("down", "--purge", "--yes");
  rmSync(LOCK, { force: true });
  rmSync(secretsDirectory, { recursive: true, force: true });
  rmSync(join(repositoryRoot, "var", "integration-state"), { recursive: true, force: true });
  if (down.exitCode !== 0) {
    throw new Error(
      "`lagline down` failed; its own words are above. Containers labelled lagline.environment=integration may be left.",
    );
  }
}
