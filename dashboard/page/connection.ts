/// <reference lib="dom" />
/**
 * The page's connection to the service. It reconnects after any failure.
 *
 * @module
 */
import type { Snapshot, Update } from "../protocol.ts";

/** Delay before reconnecting after an HTTP error. */
const RETRY_MS = 2_000;

export interface Listener {
  readonly onSnapshot: (snapshot: Snapshot) => void;
  readonly onUpdate: (update: Update) => void;
  readonly onConnected: (connected: boolean) => void;
}

/** Receives events for as long as the page is open. */
export function connect(listener: Listener): void {
  const source = new EventSource("/events");
  source.addEventListener("snapshot", ({ data }) => {
    listener.onConnected(true);
    listener.onSnapshot(JSON.parse(data));
  });
  source.addEventListener("update", ({ data }) => listener.onUpdate(JSON.parse(data)));
  source.addEventListener("error", () => {
    listener.onConnected(false);
    // The browser reconnects after a lost connection, but not after an HTTP error.
    if (source.readyState === EventSource.CLOSED) setTimeout(() => connect(listener), RETRY_MS);
  });
}
