/// <reference lib="dom" />
/**
 * The page's line to the service: it begins again by itself, whatever ended it.
 *
 * @module
 */
import type { Snapshot, Update } from "../protocol.ts";

/** Time until a line that was refused is tried again, milliseconds. */
const RETRY_MS = 2_000;

/** What is told of the line. */
export interface Listener {
  readonly onSnapshot: (snapshot: Snapshot) => void;
  readonly onUpdate: (update: Update) => void;
  readonly onConnected: (connected: boolean) => void;
}

/** Opens the line, for as long as the page lives. */
export function connect(listener: Listener): void {
  const source = new EventSource("/events");
  source.addEventListener("snapshot", ({ data }) => {
    listener.onConnected(true);
    listener.onSnapshot(JSON.parse(data));
  });
  source.addEventListener("update", ({ data }) => listener.onUpdate(JSON.parse(data)));
  source.addEventListener("error", () => {
    listener.onConnected(false);
    // A lost line is opened again by the browser; one that was answered with an error is not.
    if (source.readyState === EventSource.CLOSED) setTimeout(() => connect(listener), RETRY_MS);
  });
}
