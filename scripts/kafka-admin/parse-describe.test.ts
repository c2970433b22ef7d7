import { expect, test } from "vitest";
import { parseDescribe } from "./parse-describe.ts";

const OWNED = `
GROUP                  TOPIC           PARTITION  CURRENT-OFFSET  LOG-END-OFFSET  LAG             CONSUMER-ID                                                   HOST            CLIENT-ID
billing-falling-behind demo-invoices   0          1457            2430            973             billing-falling-behind-1-c6030d90-937d-48b0-b5f4-04e555802d12 /127.0.0.1      billing-falling-behind-1
billing-falling-behind demo-invoices   2          -               0               -               billing-falling-behind-1-c6030d90-937d-48b0-b5f4-04e555802d12 /127.0.0.1      billing-falling-behind-1
`;
const STOPPED = `
Consumer group 'payments stopped' has no active members.

GROUP            TOPIC           PARTITION  CURRENT-OFFSET  LOG-END-OFFSET  LAG             CONSUMER-ID     HOST            CLIENT-ID
payments stopped demo-payments   0          431             1481            1050            -               -               -
`;

test("a failure of the tool is not taken for an empty answer", () => {
  const text =
    "\nError: Executing consumer group command failed due to org.apache.kafka.common.errors.TimeoutException\n";
  expect(() => parseDescribe(text)).toThrow(/cannot be understood: "Error: Executing/);
});

test("an unknown layout is refused, not guessed", () => {
  expect(() => parseDescribe("GROUP TOPIC PARTITION OFFSET\ng t 0 5")).toThrow("cannot be understood");
});

test("a row without its numbers is refused", () => {
  expect(() => parseDescribe(`${STOPPED}payments stopped demo-payments   1          431  \n`)).toThrow(
    "payments stopped",
  );
});

test("an owned partition without a commit has no offset and no lag", () => {
  expect(parseDescribe(OWNED)[1]).toEqual({
    group: "billing-falling-behind",
    topic: "demo-invoices",
    partition: 2,
    committedOffset: null,
    logEndOffset: 0,
    lag: null,
    consumerId: "billing-falling-behind-1-c6030d90-937d-48b0-b5f4-04e555802d12",
    host: "/127.0.0.1",
    clientId: "billing-falling-behind-1",
  });
});

test("each group is read with its own header, also one with spaces in its name", () => {
  const rows = parseDescribe(`${OWNED}${STOPPED}`);
  expect(rows).toHaveLength(3);
  expect(rows[2]).toEqual({
    group: "payments stopped",
    topic: "demo-payments",
    partition: 0,
    committedOffset: 431,
    logEndOffset: 1481,
    lag: 1050,
    consumerId: null,
    host: null,
    clientId: null,
  });
});

test("the output of a cluster without groups has no rows", () => {
  expect(parseDescribe("\n")).toEqual([]);
});
