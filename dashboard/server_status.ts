/**
 * The status of a server that the dashboard polls.
 *
 * @module
 */
import type { ServerState, ServerStatus } from "./protocol.ts";

/** The status before the first poll. */
export const startingStatus = (): ServerStatus => ({ state: "starting", since: Date.now() });

/** The status after a poll; `since` changes with the state. @param message the error */
export const nextStatus = (last: ServerStatus, state: ServerState, message?: string): ServerStatus => ({
  state,
  since: state === last.state ? last.since : Date.now(),
  ...message !== undefined && { message },
});
