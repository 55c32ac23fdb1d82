import assert from "assert";
import { Registry } from "prom-client";
import { TransientError } from "../errors.ts";
import { kafkaError } from "../kafka/errors.ts";
import { loadSettings, PROCESS } from "../settings/load.ts";
import { Availability } from "./availability.ts";

/** Logs the events of Kafka's availability, at times that the test sets. */
function track(body: (kafka: Availability, at: (ms: number) => void) => void): string[] {
  const logged: string[] = [];
  const now = Date.now;
  const kafka = new Availability("test", ["Kafka"], (_level, event) => logged.push(event), new Registry());
  try {
    body(kafka, (ms) => Date.now = () => ms);
  } finally {
    Date.now = now;
  }
  return logged;
}

/** kafkajs' error of a coordinator that is loading. */
function loading(): TransientError {
  const { settings } = loadSettings(["kafka"], { ...PROCESS, args: [], env: () => undefined });
  const cause = Object.assign(new Error("loading"), { type: "GROUP_LOAD_IN_PROGRESS", retriable: true });
  return kafkaError("Cannot start to produce", cause, settings) as TransientError;
}

const REFUSED = new TransientError(
  { code: "ECONNREFUSED", cause: "connection refused", remedy: "" },
  "connection",
);

Deno.test("Availability logs one line per outage and recovery when a server is unavailable", () => {
  const logged = track((kafka, at) => {
    at(0);
    kafka.down("Kafka", REFUSED, "connection");
    kafka.down("Kafka", REFUSED, "connection");
    kafka.up("Kafka");
    kafka.up("Kafka");
  });
  assert.deepEqual(logged, ["server_unavailable", "server_available"]);
});

Deno.test("Availability logs nothing when a coordinator loads for 0.3 s, but is not ready meanwhile", () => {
  const logged = track((kafka, at) => {
    at(0);
    kafka.up("Kafka");
    kafka.down("Kafka", loading(), "connection");
    assert.deepEqual(kafka.problems(), ["Cannot start to produce: loading."]);
    at(300);
    kafka.down("Kafka", loading(), "connection");
    kafka.up("Kafka");
    assert.deepEqual(kafka.problems(), []);
  });
  assert.deepEqual(logged, []);
});

Deno.test("Availability logs an outage when a coordinator loads for long, or the server fails meanwhile", () => {
  for (const [ms, error] of [[5_000, loading()], [300, REFUSED]] as const) {
    const logged = track((kafka, at) => {
      at(0);
      kafka.down("Kafka", loading(), "connection");
      at(ms);
      kafka.down("Kafka", error, "connection");
      assert.deepEqual(kafka.problems(), [error.message]);
      kafka.down("Kafka", error, "connection");
      kafka.up("Kafka");
    });
    assert.deepEqual(logged, ["server_unavailable", "server_available"]);
  }
});
