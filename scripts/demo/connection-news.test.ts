import { expect, test } from "vitest";
import { ConnectionNews } from "./connection-news.ts";

test("many members that lose Kafka many times make two sentences", () => {
  const told: string[] = [];
  let now = 1000;
  const news = new ConnectionNews(
    (sentence) => told.push(sentence),
    () => now,
  );
  for (let attempt = 0; attempt < 3; attempt += 1) {
    news.lost("a-1", "connect ECONNREFUSED");
    news.lost("b-1", "connect ECONNREFUSED");
  }
  now += 12_000;
  news.back("a-1");
  expect(told).toEqual(["a-1 lost Kafka and connects again until it answers: connect ECONNREFUSED."]);
  news.back("b-1");
  news.back("b-1");
  expect(told.slice(1)).toEqual(["All consumers are connected again after 12 s."]);
});

test("a member that never lost Kafka is no news", () => {
  const told: string[] = [];
  new ConnectionNews(
    (sentence) => told.push(sentence),
    () => 0,
  ).back("a-1");
  expect(told).toEqual([]);
});
