/**
 * Settings of a client of test brokers.
 *
 * @module
 */
import type { KafkaSettings } from "./client.ts";

/** Brokers on ports of 127.0.0.1, PLAINTEXT, with timeouts of 1 s. */
export function testSettings(...ports: readonly number[]): KafkaSettings {
  return {
    KAFKA_BOOTSTRAP_SERVERS: ports.map((port) => `127.0.0.1:${port}`),
    KAFKA_SECURITY_PROTOCOL: "PLAINTEXT",
    KAFKA_CONNECTION_TIMEOUT_MS: 1_000,
    KAFKA_REQUEST_TIMEOUT_MS: 1_000,
  } as unknown as KafkaSettings;
}
