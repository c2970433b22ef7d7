import { expect, test } from "vitest";
import { grantCommands } from "./grant.ts";

const grant = (username?: string) => grantCommands({ bootstrapServer: "kafka-1:9092", username }).join("\n");

test("messages of other topics may not be read", () => {
  const reads = grantCommands({ bootstrapServer: "kafka-1:9092", username: "lagline" }).filter((command) =>
    command.includes("Read"),
  );
  expect(reads).toEqual([expect.stringMatching(/--topic __consumer_offsets$/)]);
});

test("the user is named, and quoted where a shell would read it otherwise", () => {
  expect(grant("lagline")).toContain("--allow-principal User:lagline --operation");
  expect(grant("CN=lag line,O='x'")).toContain(String.raw`--allow-principal 'User:CN=lag line,O='\''x'\'''`);
  expect(grant()).toContain("User:NAME");
});
