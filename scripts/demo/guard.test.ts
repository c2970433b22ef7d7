import { expect, test } from "vitest";
import { hostOf, judgeHost, refuseRemote } from "./guard.ts";

const names: Record<string, readonly string[]> = {
  "kafka-orders": ["172.18.0.3"],
  "kafka-public": ["172.18.0.3", "203.0.113.9"],
  kafka6: ["fd00::3"],
};
const resolve = async (host: string) => {
  const addresses = names[host];
  if (addresses === undefined) throw new Error("ENOTFOUND");
  return addresses;
};

test.each([
  "kafka.example.com",
  "203.0.113.9",
  "10.0.0.5",
  "192.168.1.4",
  "kafka-public",
  "[2001:db8::1]",
  "0.0.0.0",
])("%s is refused", async (host) => {
  expect(await judgeHost(host, resolve)).toContain(host);
});

test.each([
  "127.0.0.1",
  "127.8.9.1",
  "localhost",
  "kafka.localhost",
  "[::1]",
  "kafka-orders",
  "kafka6",
  "not-up-yet",
])("%s is allowed", async (host) => {
  expect(await judgeHost(host, resolve)).toBeUndefined();
});

test("all refused hosts are named in one sentence with the way out", async () => {
  await expect(
    refuseRemote(["127.0.0.1", "kafka.example.com", "kafka.example.com", "203.0.113.9"], resolve),
  ).rejects.toMatchObject({
    code: "LAGLINE_DEMO_REMOTE",
    message:
      "The demo does not write to this Kafka: kafka.example.com is not a name of this host or of a container; 203.0.113.9 is not a loopback address.",
    hint: expect.stringContaining("--allow-remote"),
  });
});

test("the host is read off host:port, IPv6 included", () => {
  expect(hostOf("kafka-1:9092")).toBe("kafka-1");
  expect(hostOf("[::1]:9092")).toBe("[::1]");
});
