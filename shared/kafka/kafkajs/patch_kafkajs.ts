/**
 * Changes to kafkajs' global behavior. `README.md` lists them with their reasons.
 *
 * @module
 */
import { registerCodecs } from "./compression_codecs.ts";
import { checkOnlyPendingRequests } from "./request_queue.ts";
import { closeConnectionOnRequestTimeout } from "./request_timeout.ts";

let isPatched = false;

/** Patches kafkajs for all clients of this process. Call it before creating a client; further calls have no effect. */
export function patchKafkajs(): void {
  if (isPatched) return;
  isPatched = true;
  registerCodecs();
  checkOnlyPendingRequests();
  closeConnectionOnRequestTimeout();
}
