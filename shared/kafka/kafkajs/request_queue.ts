/**
 * Stops kafkajs' request queue from starting a timer when no request is pending.
 *
 * kafkajs does so after every response, and computes the timer's length from a time in the past unless the broker throttles the client:
 * Node and Deno print a `TimeoutNegativeWarning`.
 *
 * @see kafkajs/src/network/requestQueue/index.js
 * @module
 */
import RequestQueue from "kafkajs/src/network/requestQueue/index.js";

/** The parts of kafkajs' RequestQueue that are used here. */
interface KafkajsRequestQueue {
  readonly pending: readonly unknown[];
  scheduleCheckPendingRequests(): void;
}

const kafkajsSchedule: KafkajsRequestQueue["scheduleCheckPendingRequests"] =
  RequestQueue.prototype.scheduleCheckPendingRequests;

/** Replaces `RequestQueue.scheduleCheckPendingRequests`. */
export function checkOnlyPendingRequests(): void {
  RequestQueue.prototype.scheduleCheckPendingRequests = function (this: KafkajsRequestQueue) {
    if (this.pending.length > 0) kafkajsSchedule.call(this);
  };
}
