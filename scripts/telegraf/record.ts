/** One cycle of a program against the corpus, and the documents that arrived. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import type { DefectForm } from "../../collectors/telegraf/defects.ts";
import { startDocumentCapture } from "../../tests/fakes/document-capture.ts";
import type { CapturedDocument } from "../../tests/fakes/document-capture.ts";
import { CORPUS_CLUSTER, startTelegrafCorpus } from "../../tests/fakes/telegraf-corpus.ts";

const CYCLE_MS = 60_000;

type Addresses = { readonly burrow: string; readonly elasticsearch: string; readonly directory: string };
type Program = (addresses: Addresses) => { readonly command: string; readonly args: readonly string[] };

/** @throws Error with the program's own output when it fails. */
export async function documentsOf(program: Program): Promise<readonly CapturedDocument[]> {
  const directory = mkdtempSync(join(tmpdir(), "lagline-telegraf-"));
  const burrow = await startTelegrafCorpus();
  const capture = await startDocumentCapture();
  try {
    const { command, args } = program({ burrow: burrow.url, elasticsearch: capture.url, directory });
    const result = await execa(command, args, { timeout: CYCLE_MS, reject: false, all: true });
    const documents = capture.take();
    if (documents.length === 0) throw new Error(`${command} sent nothing: ${result.all}`);
    return documents;
  } finally {
    await burrow.close();
    await capture.close();
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Telegraf with nothing set but the addresses. */
export function telegrafProgram(command: string): Program {
  return ({ burrow, elasticsearch, directory }) => {
    const file = join(directory, "telegraf.conf");
    writeFileSync(
      file,
      `[[inputs.burrow]]
  servers = ["${burrow}"]

[[outputs.elasticsearch]]
  urls = ["${elasticsearch}"]
  index_name = "telegraf-%Y.%m.%d"
  manage_template = false
`,
    );
    return { command, args: ["--config", file, "--once"] };
  };
}

export function laglineProgram(defects: DefectForm): Program {
  return ({ burrow, elasticsearch, directory }) => {
    const file = join(directory, "lagline.yaml");
    const config = {
      environment: "compare",
      clusters: { [CORPUS_CLUSTER]: { burrow: { external: { servers: [burrow] } } } },
      elasticsearch: { external: { url: elasticsearch } },
      collector: {
        shape: "telegraf",
        telegraf: { defects, measurements: ["burrow_group", "burrow_partition", "burrow_topic"] },
        spool_directory: join(directory, "spool"),
        log_level: "warn",
      },
    };
    writeFileSync(file, JSON.stringify(config));
    const entry = fileURLToPath(new URL("../lagline.ts", import.meta.url));
    return { command: process.execPath, args: [entry, "collect", "--once", "--config", file] };
  };
}
