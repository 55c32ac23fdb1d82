/**
 * What a port of a broker wants, found out by trying: TLS or none, a client certificate, SASL.
 *
 * @module
 */
import type * as net from "node:net";
import type * as tls from "node:tls";
import type { SASLOptions } from "kafkajs";
import type { Address } from "../../shared/kafka/address.ts";
import { kafkaConfig, type KafkaSettings } from "../../shared/kafka/connection.ts";
import { API_VERSIONS, CODES, KafkaWire, saslHandshake } from "./kafka_wire.ts";
import { connectTcp } from "./network.ts";
import { startTls } from "./tls_socket.ts";

/** What a port wants of its clients. */
export interface Port {
  readonly tls: boolean;
  readonly clientCertificate: boolean;
  /** SASL mechanisms that it offers; `undefined`: it wants no SASL, or one can't get far enough to ask. */
  readonly mechanisms: readonly string[] | undefined;
}

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

/** Finds out what a port wants; `undefined`: it does not speak Kafka, with or without TLS. */
export async function explorePort(address: Address, timeoutMs: number): Promise<Port | undefined> {
  const [plain, secure] = await Promise.all([
    explorePlain(address, timeoutMs),
    exploreTls(address, timeoutMs),
  ]);
  return plain ?? secure;
}

async function explorePlain(address: Address, timeoutMs: number): Promise<Port | undefined> {
  try {
    return await ask(await connectTcp(address, timeoutMs), address, timeoutMs, false);
  } catch {
    return undefined;
  }
}

async function exploreTls(address: Address, timeoutMs: number): Promise<Port | undefined> {
  let socket: net.Socket;
  try {
    const tcp = await connectTcp(address, timeoutMs);
    socket = await startTls(tcp, address.host, { rejectUnauthorized: false }, timeoutMs);
  } catch (error) {
    // With TLS 1.2 the server misses the certificate before the handshake is over.
    const misses = /ALERT/.test((error as { code?: string }).code ?? "");
    return misses ? { tls: true, clientCertificate: true, mechanisms: undefined } : undefined;
  }
  try {
    return await ask(socket, address, timeoutMs, true);
  } catch {
    // The handshake went well and then the server hung up: so it does without the client's certificate only.
    return { tls: true, clientCertificate: true, mechanisms: undefined };
  }
}

const ask = (socket: net.Socket, address: Address, timeoutMs: number, tls: boolean): Promise<Port> =>
  withWire(socket, address, timeoutMs, async (wire) => {
    await wire.request(API_VERSIONS);
    return { tls, clientCertificate: false, mechanisms: await offeredMechanisms(wire) };
  });

/** The SASL mechanisms that a port offers; `undefined`: it wants no SASL. */
export async function offeredMechanisms(wire: KafkaWire): Promise<string[] | undefined> {
  const { error, mechanisms } = await wire.request(saslHandshake("SCRAM-SHA-256"));
  return error === CODES.illegalSaslState ? undefined : mechanisms;
}

/** The value of KAFKA_SECURITY_PROTOCOL that fits a port. */
export const protocolOf = ({ tls, mechanisms }: Port): KafkaSettings["KAFKA_SECURITY_PROTOCOL"] =>
  mechanisms ? (tls ? "SASL_SSL" : "SASL_PLAINTEXT") : tls ? "SSL" : "PLAINTEXT";

/** What a port wants, in words. */
export function wishOf({ tls, clientCertificate, mechanisms }: Port): string {
  const login = mechanisms
    ? `a login by SASL (${mechanisms.join(", ")})`
    : clientCertificate
    ? "a client certificate"
    : "no login";
  return `${tls ? "TLS" : "no TLS"} and ${login}`;
}
