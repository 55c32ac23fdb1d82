import type { ReadRecord } from "./read_topic.ts";

/** A record of partition 0. Its value is a text or bytes, null, or another value as JSON. */
export function record(value: unknown, offset = 0, key: string | null = null): ReadRecord {
  const bytes = (text: string) => new TextEncoder().encode(text);
  return {
    topic: "orders",
    partition: 0,
    offset,
    timestamp: 0,
    value: value === null || value instanceof Uint8Array
      ? value
      : bytes(typeof value === "string" ? value : JSON.stringify(value)),
    key: () => key === null ? null : bytes(key),
    headers: () => [],
  };
}
