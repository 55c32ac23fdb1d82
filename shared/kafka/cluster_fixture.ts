/**
 * Settings of a client of brokers at ports of 127.0.0.1.
 *
 * @module
 */
import type { KafkaSettings } from "./client.ts";

/** Plain text, without authentication; a connection or a request may take 1 s. */
export function testSettings(...ports: readonly number[]): KafkaSettings {
  return {
    KAFKA_BOOTSTRAP_SERVERS: ports.map((port) => `127.0.0.1:${port}`),
    KAFKA_SECURITY_PROTOCOL: "PLAINTEXT",
    KAFKA_CONNECTION_TIMEOUT_MS: 1_000,
    KAFKA_REQUEST_TIMEOUT_MS: 1_000,
  } as unknown as KafkaSettings;
}
