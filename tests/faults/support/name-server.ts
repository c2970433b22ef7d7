/** A name server for one zone, whose mood a test sets. It speaks as much DNS as a resolver's two questions need. */
import { type RemoteInfo, createSocket } from "node:dgram";

/** `unknown`: there is no such name. `silent`: no answer at all. `known`: every name is 127.0.0.1. */
export type NameServerMood = "unknown" | "silent" | "known";

export type NameServer = {
  mood: NameServerMood;
  /** Questions so far. */
  readonly questions: () => number;
  close(): void;
};

const PORT = 53;
const HEADER_BYTES = 12;
const TYPE_A = 1;
const NO_SUCH_NAME = 3;

/** On 127.0.0.1, where resolv.conf of the namespace looks. */
export async function startNameServer(mood: NameServerMood): Promise<NameServer> {
  const socket = createSocket("udp4");
  let questions = 0;
  const server: NameServer = {
    mood,
    questions: () => questions,
    close: () => void socket.close(),
  };
  socket.on("message", (question: Buffer, { port, address }: RemoteInfo) => {
    questions += 1;
    if (server.mood !== "silent") socket.send(answerTo(question, server.mood), port, address);
  });
  await new Promise<void>((resolve, reject) => {
    socket.once("error", reject);
    socket.bind(PORT, "127.0.0.1", resolve);
  });
  return server;
}

function answerTo(question: Buffer, mood: "unknown" | "known"): Buffer {
  let end = HEADER_BYTES;
  while ((question[end] ?? 0) !== 0) end += 1 + (question[end] ?? 0);
  const type = question.readUInt16BE(end + 1);
  const asked = question.subarray(HEADER_BYTES, end + 5);
  const hasAddress = mood === "known" && type === TYPE_A;
  const header = Buffer.alloc(HEADER_BYTES);
  question.copy(header, 0, 0, 2);
  // An answer, recursion available; the last four bits say what became of it.
  header.writeUInt16BE(0x8180 | (mood === "unknown" ? NO_SUCH_NAME : 0), 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(hasAddress ? 1 : 0, 6);
  // A pointer to the name in the question, type A, class IN, no time to live, four bytes.
  const record = Buffer.from([0xc0, HEADER_BYTES, 0, TYPE_A, 0, 1, 0, 0, 0, 0, 0, 4, 127, 0, 0, 1]);
  return Buffer.concat([header, asked, ...(hasAddress ? [record] : [])]);
}
