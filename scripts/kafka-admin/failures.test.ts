import { MultipleErrors, NetworkError, ProtocolError } from "@platformatic/kafka";
import { expect, test } from "vitest";
import { hasReason, isPassing, kafkaReasonText, kafkaReasons } from "./failures.ts";

const refused = Object.assign(new Error("connect ECONNREFUSED 127.0.0.1:9092"), { code: "ECONNREFUSED" });

test("an error that is its own cause does not loop", () => {
  const error = new Error("odd");
  error.cause = error;
  expect(kafkaReasons(error).length).toBeLessThan(3);
});

test("nothing useful becomes an unknown reason, not an empty sentence", () => {
  expect(kafkaReasonText(new Error(""))).toBe("unknown reason");
});

test("the innermost reasons are told once, without the library's wrapping", () => {
  const wrapped = new NetworkError("Connection to 127.0.0.1:9092 failed.", { cause: refused });
  const error = new MultipleErrors("metadata failed 2 times.", [wrapped, wrapped]);
  expect(kafkaReasonText(error)).toBe("connect ECONNREFUSED 127.0.0.1:9092");
});

test("what the broker wrote is told before the general text of its code", () => {
  const error = new ProtocolError("INVALID_CONFIG", "Unknown topic config name: nonsense");
  expect(kafkaReasonText(error)).toBe("Unknown topic config name: nonsense (INVALID_CONFIG)");
});

test("a refused connection and a moving leader pass by themselves, a wrong option does not", () => {
  expect(isPassing(refused)).toBe(true);
  expect(isPassing(new ProtocolError("NOT_LEADER_OR_FOLLOWER"))).toBe(true);
  expect(isPassing(new ProtocolError("INVALID_CONFIG"))).toBe(false);
  expect(isPassing(new ProtocolError("TOPIC_AUTHORIZATION_FAILED"))).toBe(false);
  expect(isPassing(new MultipleErrors("both", [refused, new ProtocolError("INVALID_CONFIG")]))).toBe(false);
});

test("a protocol id is found however deep it is nested", () => {
  const error = new MultipleErrors("outer", [
    new MultipleErrors("inner", [new ProtocolError("OFFSET_OUT_OF_RANGE")]),
  ]);
  expect(hasReason(error, "OFFSET_OUT_OF_RANGE")).toBe(true);
  expect(hasReason(error, "NOT_COORDINATOR")).toBe(false);
});
