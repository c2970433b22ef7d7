/** `lagline keys`: API keys with the least rights, for an Elasticsearch of one's own. */
import process from "node:process";
import type { Command } from "commander";
import type { LoadedConfig } from "../../config/load.ts";
import type { AdministratorFlags, AdministratorSources } from "../keys/administrator.ts";
import type { KeyRun } from "../keys/issue.ts";
import type { KeyTarget } from "../keys/programs.ts";
import type { ConfigOption } from "./options.ts";
import { interruptSignal, load, wholeNumber, withConfig, withExample } from "./options.ts";

/** Enough for a file that is copied to other hosts by hand or by a tool that runs every minute. */
const GRACE_SECONDS = 60;

type KeyFlags = ConfigOption & AdministratorFlags;
type Work = {
  readonly run: KeyRun;
  readonly targets: readonly KeyTarget[];
  readonly config: LoadedConfig["config"];
};

export function addKeyCommands(program: Command): void {
  const keys = program
    .command("keys")
    .description(
      "API keys with the least rights for each program, in an Elasticsearch of your own (elasticsearch.external).",
    );
  addCreate(keys);
  addRotate(keys);
  addList(keys);
  addRevoke(keys);
}

const say = (sentence: string): void => void process.stdout.write(`${sentence}\n`);

function withAdministrator(command: Command): Command {
  return withConfig(
    command
      .option(
        "--username <name>",
        "who makes the keys: a user with manage_api_key; default LAGLINE_ADMIN_USERNAME, else elastic",
      )
      .option(
        "--password-file <file>",
        "file with that user's password; default LAGLINE_ADMIN_PASSWORD or LAGLINE_ADMIN_PASSWORD_FILE, else it is asked for",
      ),
  );
}

async function work(
  names: readonly string[],
  flags: KeyFlags,
  use: (work: Work) => Promise<void>,
): Promise<void> {
  const { config } = load(flags);
  const [{ pickTargets }, { asAdministrator }] = await Promise.all([
    import("../keys/programs.ts"),
    import("../keys/run.ts"),
  ]);
  const targets = pickTargets(config, names);
  const signal = interruptSignal();
  const administrator = await sources(flags, signal);
  // Not among the results: `keys list --json` is read by programs.
  const log = (sentence: string): void => void process.stderr.write(`${sentence}\n`);
  await asAdministrator(config, { administrator, signal, log }, (run) => use({ run, targets, config }));
}

async function sources(flags: AdministratorFlags, signal: AbortSignal): Promise<AdministratorSources> {
  const common = { flags, environment: process.env };
  if (!process.stdin.isTTY) return common;
  const { openQuestions } = await import("../init/terminal.ts");
  return {
    ...common,
    ask: async (question) => {
      const questions = openQuestions({ input: process.stdin, output: process.stderr }, signal);
      try {
        return await questions.askUnseen(question);
      } finally {
        questions.close();
      }
    },
  };
}

const PROGRAMS = "collector, setup, retention, reader, grafana, relay; default: all that have a file";

/** 0 says: without an end. */
const days = wholeNumber("--expires-days", 0);
const lasting = (given: number | undefined): number | null =>
  given === undefined || given === 0 ? null : given;

function addCreate(keys: Command): void {
  const command = keys
    .command("create")
    .description("Make the keys whose files are missing, try each, and write it to its file (0600).")
    .argument("[programs...]", PROGRAMS)
    .option("--expires-days <days>", "how long they last; 0 or left out: without an end", days)
    .action(async (programs: string[], flags: KeyFlags & { expiresDays?: number }) => {
      const { createKeys } = await import("../keys/make.ts");
      const { deliverKeys } = await import("../keys/run.ts");
      await work(programs, flags, async ({ run, targets, config }) => {
        await createKeys(run, targets, lasting(flags.expiresDays));
        await deliverKeys(config, run);
      });
    });
  withExample(
    withAdministrator(command),
    "lagline keys create --username admin",
    "lagline keys create collector --expires-days 365",
  );
}

type RotateFlags = KeyFlags & {
  readonly expiresDays?: number;
  readonly graceSeconds: number;
  readonly keepOlder: boolean;
};

function addRotate(keys: Command): void {
  const command = keys
    .command("rotate")
    .description(
      "Put new keys in the place of those in use, then revoke these, without a restart and without a lost document.",
    )
    .argument("[programs...]", PROGRAMS)
    .option(
      "--expires-days <days>",
      "how long they last; 0: without an end; left out: as the keys before",
      days,
    )
    .option(
      "--grace-seconds <seconds>",
      "how long the older keys stay valid after that",
      wholeNumber("--grace-seconds", 0),
      GRACE_SECONDS,
    )
    .option("--keep-older", "leave the older keys valid until `lagline keys revoke --older`", false)
    .action(async (programs: string[], flags: RotateFlags) => {
      const { rotateKeys } = await import("../keys/make.ts");
      const { deliverKeys } = await import("../keys/run.ts");
      await work(programs, flags, ({ run, targets, config }) =>
        rotateKeys(run, targets, {
          ...(flags.expiresDays === undefined ? {} : { expiresDays: lasting(flags.expiresDays) }),
          graceSeconds: flags.graceSeconds,
          keepsOlder: flags.keepOlder,
          onWritten: () => deliverKeys(config, run),
        }),
      );
    });
  withExample(
    withAdministrator(command),
    "lagline keys rotate collector",
    "lagline keys rotate --keep-older   # carry the files to other hosts, then: lagline keys revoke --older",
  );
}

function addList(keys: Command): void {
  const command = keys
    .command("list")
    .description("Keys of this environment: what uses each, when it ends, and what is to be done.")
    .option("--json", "for programs", false)
    .action(async (flags: KeyFlags & { json: boolean }) => {
      const { keyLines, keyRows } = await import("../keys/list.ts");
      await work([], flags, async ({ run, targets, config }) => {
        const rows = await keyRows(run, targets, Date.now());
        const warningDays = config.collector.certificate_warning_days;
        if (flags.json) say(JSON.stringify({ keys: rows }));
        else for (const line of keyLines(rows, { targets, warningDays })) say(line);
      });
    });
  withExample(withAdministrator(command), "lagline keys list");
}

type RevokeFlags = KeyFlags & {
  readonly older: boolean;
  readonly id: readonly string[];
  readonly yes: boolean;
};

function addRevoke(keys: Command): void {
  const command = keys
    .command("revoke")
    .description("End keys of this environment at once.")
    .argument("[programs...]", PROGRAMS)
    .option("--older", "only keys that a newer one in the same file on this host replaced", false)
    .option(
      "--id <id>",
      "only this key; may be given several times",
      (id: string, ids: readonly string[]) => [...ids, id],
      [],
    )
    .option("--yes", "also keys that are, or may be, in use", false)
    .action(async (programs: string[], flags: RevokeFlags) => {
      const { revokeOrdered } = await import("../keys/revoke.ts");
      await work(programs, flags, ({ run, targets }) =>
        revokeOrdered(run, targets, { older: flags.older, ids: flags.id, yes: flags.yes }),
      );
    });
  withExample(withAdministrator(command), "lagline keys revoke --older", "lagline keys revoke relay --yes");
}
