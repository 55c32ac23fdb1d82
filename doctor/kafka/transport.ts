/**
 * Connections to a broker, configured like those of the services.
 *
 * @module
 */
import type * as net from "node:net";
import type * as tls from "node:tls";
import type { SASLOptions } from "kafkajs";
import type { Address } from "../../shared/kafka/address.ts";
import { kafkaConfig, type KafkaSettings } from "../../shared/kafka/client.ts";
import { BrokerConnection, ERROR_CODES, saslHandshakeRequest } from "./broker_connection.ts";
import { connectTcp } from "../network/tcp.ts";
import { startTls } from "../network/tls_socket.ts";

const noLog = () => () => {};

/** TLS options of the services. @throws {SettingsError} */
export const tlsOptionsOf = (settings: KafkaSettings): tls.ConnectionOptions =>
  kafkaConfig({ ...settings, KAFKA_SECURITY_PROTOCOL: "SSL" }, "doctor", noLog).ssl as tls.ConnectionOptions;

/** SASL options of the services. @throws {SettingsError} */
export const saslOptionsOf = (settings: KafkaSettings): SASLOptions =>
  kafkaConfig({ ...settings, KAFKA_SECURITY_PROTOCOL: "SASL_PLAINTEXT" }, "doctor", noLog)
    .sasl as SASLOptions;

export const usesTls = ({ KAFKA_SECURITY_PROTOCOL: protocol }: KafkaSettings): boolean =>
  protocol.endsWith("SSL");

export const usesSasl = ({ KAFKA_SECURITY_PROTOCOL: protocol }: KafkaSettings): boolean =>
  protocol.startsWith("SASL");

/** Opens a TCP connection to a broker, with verified TLS if it is configured. */
export async function openTransport(settings: KafkaSettings, address: Address): Promise<net.Socket> {
  const timeoutMs = settings.KAFKA_CONNECTION_TIMEOUT_MS;
  const options = usesTls(settings) ? tlsOptionsOf(settings) : undefined;
  const socket = await connectTcp(address, timeoutMs);
  return options ? await startTls(socket, address.host, options, timeoutMs) : socket;
}

/** Calls `use` with a connection on the socket, and closes it. */
export async function withConnection<T>(
  socket: net.Socket,
  address: Address,
  timeoutMs: number,
  use: (wire: BrokerConnection) => Promise<T>,
): Promise<T> {
  const wire = await BrokerConnection.on(socket, address, timeoutMs);
  try {
    return await use(wire);
  } finally {
    await wire.close();
  }
}

/** The SASL mechanisms that a port supports; `undefined` if it does not use SASL. */
export async function offeredMechanisms(wire: BrokerConnection): Promise<string[] | undefined> {
  const { error, mechanisms } = await wire.request(saslHandshakeRequest("SCRAM-SHA-256"));
  return error === ERROR_CODES.illegalSaslState ? undefined : mechanisms;
}
