import assert from "assert";
import RequestQueue from "kafkajs/src/network/requestQueue/index.js";
import { checkOnlyPendingRequests } from "./request_queue.ts";

checkOnlyPendingRequests();

const logger = { debug() {}, info() {}, warn() {}, error() {} };

function requestQueue() {
  return new RequestQueue({
    maxInFlightRequests: null,
    requestTimeout: 1_000,
    enforceRequestTimeout: false,
    clientId: "test",
    broker: "127.0.0.1:9092",
    logger,
  });
}

function request(correlationId: number, onSent: () => void) {
  const entry = { correlationId, apiKey: 0, apiName: "Produce", apiVersion: 0, resolve() {}, reject() {} };
  return { entry, expectResponse: true, sendRequest: onSent };
}

Deno.test("RequestQueue starts no timer when a response arrives and no request is pending", () => {
  const queue = requestQueue();
  queue.push(request(1, () => {}));
  queue.fulfillRequest({ correlationId: 1, payload: null, size: 0 });
  assert.equal(queue.throttleCheckTimeoutId, null);
});

Deno.test("RequestQueue sends a pending request when the throttle time has passed", async () => {
  const queue = requestQueue();
  queue.maybeThrottle(20);
  const throttled = performance.now();
  await new Promise<void>((resolve) => queue.push(request(1, resolve)));
  assert.ok(performance.now() - throttled >= 15);
  queue.destroy();
});
