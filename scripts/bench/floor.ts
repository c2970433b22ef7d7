/**
 * The least that any program on Node can do with this input: read the same answers of Burrow, parse them, and send the
 * documents that Telegraf makes of them. No validation, no analysis, no spool, no retry: the yardstick of the benchmark, which
 * bundles it to plain JavaScript first. Arguments: port of Burrow, port of Elasticsearch, seconds from one cycle to the next
 * (0: one cycle).
 */
import http from "node:http";
import process from "node:process";

const [burrowPort, elasticsearchPort, intervalSeconds = 0] = process.argv.slice(2).map(Number);
const CONNECTIONS = 20;
const BULK_DOCUMENTS = 5000;
const CODES: Readonly<Record<string, number>> = {
  NOTFOUND: 0,
  OK: 1,
  WARN: 2,
  ERR: 3,
  STOP: 4,
  STALL: 5,
  REWIND: 6,
};
const agent = new http.Agent({ keepAlive: true, maxSockets: CONNECTIONS });
let stamp = "";
let lines: string[] = [];

function exchange(options: http.RequestOptions, body?: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = http.request({ host: "127.0.0.1", agent, ...options }, (answer) => {
      const pieces: Buffer[] = [];
      answer.on("data", (piece: Buffer) => pieces.push(piece));
      answer.on("end", () => resolve(Buffer.concat(pieces).toString()));
      answer.on("error", reject);
    });
    request.on("error", reject);
    request.end(body);
  });
}

// eslint-disable-next-line typescript/no-explicit-any -- validating is what the floor leaves out
async function read(path: string): Promise<any> {
  return JSON.parse(await exchange({ port: burrowPort ?? 0, path: `/v3/kafka/bench${path}` }));
}

async function send(): Promise<void> {
  const batch = lines;
  lines = [];
  if (batch.length === 0) return;
  const body = `{"create":{}}\n${batch.join('\n{"create":{}}\n')}\n`;
  const headers = { "Content-Type": "application/x-ndjson" };
  const answer = JSON.parse(
    await exchange({ port: elasticsearchPort ?? 0, method: "POST", path: "/bench/_bulk", headers }, body),
  );
  if (answer.errors !== false) throw new Error("The sink refused a bulk request.");
}

async function add(document: object): Promise<void> {
  lines.push(JSON.stringify(document));
  if (lines.length >= BULK_DOCUMENTS) await send();
}

async function each(names: readonly string[], work: (name: string) => Promise<void>): Promise<void> {
  const rest = names.values();
  await Promise.all(
    Array.from({ length: CONNECTIONS }, async () => {
      for (const name of rest) await work(name);
    }),
  );
}

function telegrafDocument(measurement: string, tag: object, fields: object): object {
  return { "@timestamp": stamp, measurement_name: measurement, tag, [measurement]: fields };
}

async function cycle(): Promise<void> {
  stamp = new Date().toISOString();
  const { topics } = await read("/topic");
  await each(topics, async (topic) => {
    const { offsets } = await read(`/topic/${topic}`);
    for (const [partition, offset] of offsets.entries())
      await add(
        telegrafDocument(
          "burrow_topic",
          { cluster: "bench", topic, partition: String(partition) },
          { offset },
        ),
      );
  });
  const { consumers } = await read("/consumer");
  await each(consumers, async (group) => {
    const { status } = await read(`/consumer/${group}/lag`);
    for (const { topic, partition, owner, status: word, current_lag: lag, end } of status.partitions) {
      const tag = { cluster: "bench", group, topic, partition: String(partition), owner };
      const { offset, timestamp } = end;
      await add(
        telegrafDocument("burrow_partition", tag, {
          status: word,
          status_code: CODES[word],
          lag,
          offset,
          timestamp,
        }),
      );
    }
    const { status: word, partition_count, totallag: total_lag, maxlag } = status;
    const { offset, timestamp } = maxlag?.end ?? {};
    const of = { status: word, status_code: CODES[word], partition_count, total_lag };
    await add(
      telegrafDocument(
        "burrow_group",
        { cluster: "bench", group },
        { ...of, lag: maxlag?.current_lag, offset, timestamp },
      ),
    );
  });
  await send();
}

await cycle();
if (intervalSeconds > 0) setInterval(() => void cycle(), intervalSeconds * 1000);
else agent.destroy();
