/**
 * Connections to a broker as the settings ask for them.
 *
 * @module
 */
import type * as net from "node:net";
import type * as tls from "node:tls";
import type { SASLOptions } from "kafkajs";
import type { Address } from "../../shared/kafka/address.ts";
import { kafkaConfig, type KafkaSettings } from "../../shared/kafka/client.ts";
import { CODES, KafkaWire, saslHandshake } from "./wire.ts";
import { connectTcp } from "../network/network.ts";
import { startTls } from "../network/tls_socket.ts";

const noLog = () => () => {};

/** TLS options as the services use them. @throws {SettingsError} */
export const tlsOptionsOf = (settings: KafkaSettings): tls.ConnectionOptions =>
  kafkaConfig({ ...settings, KAFKA_SECURITY_PROTOCOL: "SSL" }, "doctor", noLog).ssl as tls.ConnectionOptions;

/** SASL options as the services use them. @throws {SettingsError} */
export const saslOptionsOf = (settings: KafkaSettings): SASLOptions =>
  kafkaConfig({ ...settings, KAFKA_SECURITY_PROTOCOL: "SASL_PLAINTEXT" }, "doctor", noLog)
    .sasl as SASLOptions;

export const usesTls = ({ KAFKA_SECURITY_PROTOCOL: protocol }: KafkaSettings): boolean =>
  protocol.endsWith("SSL");

export const usesSasl = ({ KAFKA_SECURITY_PROTOCOL: protocol }: KafkaSettings): boolean =>
  protocol.startsWith("SASL");

/** A socket to a broker as the settings ask for it: TCP, and TLS with everything checked. */
export async function openTransport(settings: KafkaSettings, address: Address): Promise<net.Socket> {
  const timeoutMs = settings.KAFKA_CONNECTION_TIMEOUT_MS;
  const options = usesTls(settings) ? tlsOptionsOf(settings) : undefined;
  const socket = await connectTcp(address, timeoutMs);
  return options ? await startTls(socket, address.host, options, timeoutMs) : socket;
}

/** Opens a connection, lets `use` ask, and closes it. */
export async function withWire<T>(
  socket: net.Socket,
  address: Address,
  timeoutMs: number,
  use: (wire: KafkaWire) => Promise<T>,
): Promise<T> {
  const wire = await KafkaWire.on(socket, address, timeoutMs);
  try {
    return await use(wire);
  } finally {
    await wire.close();
  }
}

/** The SASL mechanisms that a port offers; `undefined`: it wants no SASL. */
export async function offeredMechanisms(wire: KafkaWire): Promise<string[] | undefined> {
  const { error, mechanisms } = await wire.request(saslHandshake("SCRAM-SHA-256"));
  return error === CODES.illegalSaslState ? undefined : mechanisms;
}
