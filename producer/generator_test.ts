import assert from "assert";
import { listStreams, loadStreams } from "../shared/streams.ts";
import { Buffer } from "node:buffer";
import { z } from "zod";
import { createRowDecoder } from "../shared/codec/row_decoder.ts";
import { bindDeclaredTypes } from "../shared/schema/bind_stream.ts";
import { defineStream, type Stream } from "../shared/stream.ts";
import { RowBuffer } from "../shared/types/row_buffer.ts";
import { type Generated, type GenerateSettings, Generator } from "./generator.ts";
import { KeyPartitioner } from "./partitioner.ts";
import { RateLimiter } from "./rate_limiter.ts";

const { streams } = await listStreams();
const [routes] = await loadStreams(["routes"]);
const SETTINGS: GenerateSettings = {
  PRODUCER_RATE: 100,
  PRODUCER_SEED: "seed",
  PRODUCER_START_TIME: 1_700_000_000,
  PRODUCER_USERS: 10,
  PRODUCER_PATTERN: "uniform",
  PRODUCER_MALFORMED_RATIO: 0,
};
const generate = (count: number, settings: Partial<GenerateSettings> = {}, stream = routes!) => {
  const generator = new Generator(stream, { ...SETTINGS, ...settings });
  return Array.from({ length: count }, () => generator.next());
};

/** Why the consumer would reject a value, if it would. */
function createCheck(stream: Stream): (generated: Generated) => string | undefined {
  const decode = createRowDecoder(bindDeclaredTypes(stream));
  return ({ key, value }) => {
    if (value === null && stream.write?.mode === "upsert" && stream.write.tombstones !== "reject") {
      return undefined;
    }
    const bytes = Buffer.from(value ?? "");
    const rejection = decode(bytes, 0, value === null ? -1 : bytes.length, new RowBuffer(), {
      topic: stream.topic,
      partition: 0,
      offset: 0,
      timestamp: 0,
      key: () => key === null ? null : Buffer.from(key),
      headers: () => [],
    });
    return rejection && `${rejection.reason}: ${rejection.detail}`;
  };
}

for (const stream of streams.filter(({ consumeOnly }) => !consumeOnly)) {
  const check = createCheck(stream);
  for (const pattern of ["uniform", "walk"] as const) {
    Deno.test(`Generator.next() generates valid ${stream.name} records by ${pattern}, the same when the seed is the same`, () => {
      const settings = { PRODUCER_PATTERN: pattern };
      const records = generate(500, settings, stream);
      assert.deepEqual(generate(500, settings, stream), records);
      assert.notDeepEqual(generate(500, { ...settings, PRODUCER_SEED: "other" }, stream), records);
      for (const record of records) assert.equal(check(record), undefined, String(record.value));
    });
  }

  Deno.test(`Generator.next() corrupts PRODUCER_MALFORMED_RATIO of the ${stream.name} records in various ways`, () => {
    const records = generate(3_000, { PRODUCER_MALFORMED_RATIO: 0.2 }, stream);
    const problems = records.map(check).filter((problem) => problem !== undefined);
    assert.ok(
      Math.abs(problems.length / records.length - 0.2) < 0.03,
      `${problems.length} of ${records.length}`,
    );
    const kinds = new Set(problems.map((problem) => problem.replaceAll(/\d+/g, "")));
    assert.ok(kinds.size >= 10, [...kinds].join("\n"));
  });
}

Deno.test("Generator.next() generates records that differ only in the timestamp when only the start time differs", () => {
  const records = (start: number) =>
    generate(50, { PRODUCER_START_TIME: start }).map(({ value }) => ({
      ...JSON.parse(value as string),
      timestamp: 0,
    }));
  assert.deepEqual(records(1), records(2));
});

Deno.test("Generator.next() moves each user at a plausible speed from a few places when the pattern is walk", () => {
  const USERS = 100;
  const settings = { PRODUCER_PATTERN: "walk", PRODUCER_USERS: USERS, PRODUCER_RATE: 50 } as const;
  const last = new Map<number, { timestamp: number; coordinates: [number, number] }>();
  const starts = new Set<string>();
  let fastest = 0;
  for (const { value } of generate(20_000, settings)) {
    const record = JSON.parse(value as string);
    const before = last.get(record.userID);
    last.set(record.userID, record);
    if (!before) starts.add(record.coordinates.map(Math.round).join());
    else {
      const [[latitude, longitude], [toLatitude, toLongitude]] = [before.coordinates, record.coordinates];
      const north = (toLatitude - latitude) * 111_320;
      const east = (toLongitude - longitude) * 111_320 * Math.cos(latitude * Math.PI / 180);
      const speed = Math.hypot(north, east) / (record.timestamp - before.timestamp);
      // The dashboard does not connect places that require more than 300 m/s.
      assert.ok(speed > 0.1 && speed < 300, `${speed} m/s`);
      fastest = Math.max(fastest, speed);
    }
  }
  assert.equal(last.size, USERS);
  // Some users start on both sides of a half degree.
  assert.ok(starts.size < 40, `${starts.size} places`);
  assert.ok(fastest > 100, `${fastest} m/s`);
});

Deno.test("Generator.next() keeps users within the limits of the coordinates when they travel far", () => {
  const settings = { PRODUCER_PATTERN: "walk", PRODUCER_USERS: 20, PRODUCER_RATE: 1 / 80 } as const;
  for (const { value } of generate(20_000, settings)) {
    const { userID, coordinates: [latitude, longitude] } = JSON.parse(value as string);
    // User 6 flies, user 13 as well.
    const limit = userID % 7 === 6 ? 65 : 90;
    assert.ok(Math.abs(latitude) <= limit && Math.abs(longitude) <= 180, `${value}`);
  }
  for (const { value } of generate(3, { ...settings, PRODUCER_RATE: 1e-9, PRODUCER_USERS: 1 })) {
    assert.ok(Math.abs(JSON.parse(value as string).coordinates[1]) <= 180, `${value}`);
  }
});

Deno.test("KeyPartitioner.partitionOf() returns the partition that Kafka's Java client chooses", () => {
  const partitioner = new KeyPartitioner("routes");
  partitioner.partitions = 6;
  // toPositive(murmur2(key)) % 6, from Kafka's own org.apache.kafka.common.utils.Utils.
  assert.deepEqual(["0", "1", "21", "abc"].map((key) => partitioner.partitionOf(key)), JAVA);
});
const JAVA = [2, 3, 0, 3];

Deno.test("RateLimiter.acquire() keeps the rate and catches up with at most one second after a pause", () => {
  const limiter = new RateLimiter(100, 0);
  assert.equal(limiter.acquire(1_000, 1_000), 100);
  assert.equal(limiter.acquire(1_500, 1_000), 50);
  assert.equal(limiter.acquire(1_500, 1_000), 0);
  let burst = 0;
  for (let due = 1; due > 0; burst += due) due = limiter.acquire(61_500, 10);
  assert.ok(burst <= 111, `${burst} records after a pause of one minute`);
});

Deno.test("Generator.next() generates finite timestamps at any rate", () => {
  for (
    const { value } of generate(3, { PRODUCER_RATE: Number.MIN_VALUE, PRODUCER_START_TIME: 253_402_300_799 })
  ) {
    assert.ok(Number.isFinite(JSON.parse(value as string).timestamp), String(value));
  }
});

Deno.test("Generator.next() returns undefined when the key is not accepted, and does not advance the time", () => {
  const generator = new Generator(routes!, { ...SETTINGS, PRODUCER_PATTERN: "walk" });
  const keys = new Set<string>();
  const records = Array.from({ length: 200 }, () => generator.next((key) => (keys.add(key!), key !== "3")));
  const generated = records.filter((record) => record !== undefined);
  assert.ok(keys.has("3") && generated.length < 200);
  assert.ok(generated.every(({ key }) => key !== "3"));
  const timestamps = generated.map(({ value }) => JSON.parse(value as string).timestamp);
  assert.deepEqual(timestamps, generated.map((_, n) => 1_700_000_000 + n / 100));
});

Deno.test("Generator.next() generates texts without quotes, and keys if a column stores them, when the format is text", () => {
  const stream = defineStream({
    ...routes!,
    schema: z.string(),
    format: "text",
    columns: [{ name: "value", type: "text", path: [] }, { name: "key", metadata: "key" }],
    generate: undefined,
    key: undefined,
  } as unknown as Stream);
  for (const { key, value } of generate(100, {}, stream)) {
    assert.match(`${value}`, /^[^"]+$/);
    assert.match(key!, /^\d$/);
  }
});

Deno.test("Generator.next() deletes some rows when the stream has tombstones", () => {
  const [column] = routes!.columns;
  const write = { mode: "upsert", key: [column!.name], tombstones: "delete" } as const;
  const tombstones = generate(2_000, {}, { ...routes!, write }).filter(({ value }) => value === null);
  assert.ok(tombstones.length > 10 && tombstones.length < 100, `${tombstones.length}`);
  assert.ok(tombstones.every(({ key }) => /^\d$/.test(key!)));
});
