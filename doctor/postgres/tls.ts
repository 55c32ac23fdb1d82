/**
 * Checks of TLS with PostgreSQL: SSLRequest, handshake, and the server's certificate.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import type { X509Certificate } from "node:crypto";
import type * as net from "node:net";
import type * as tls from "node:tls";
import { missingTls } from "../../shared/diagnosis/postgres_login.ts";
import { unverifiedServer } from "../../shared/diagnosis/postgres_settings.ts";
import { type Address, textOf } from "../../shared/kafka/address.ts";
import { type PostgresSettings, tlsAttempts } from "../../shared/postgres/connection.ts";
import { commonName } from "../settings/certificates.ts";
import { diagnosed, failed, ok, type Outcome, skipped, warning } from "../check.ts";
import type { Context } from "../context.ts";
import { connectTcp } from "../network/tcp.ts";
import { peerCertificate, startTls } from "../network/tls_socket.ts";
import { certificateOutcome, handshakeOutcome } from "../network/tls_outcome.ts";

export const postgresAddress = ({ PGHOST, PGPORT }: PostgresSettings): Address => ({
  host: PGHOST,
  port: PGPORT,
});

/** SSLRequest: https://www.postgresql.org/docs/current/protocol-message-formats.html#PROTOCOL-MESSAGE-FORMATS-SSLREQUEST */
const SSL_REQUEST = Buffer.from([0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f]);

/** Connects and sends an SSLRequest. `offered` is `undefined` if the response is not PostgreSQL's. */
export async function requestTls(
  address: Address,
  timeoutMs: number,
): Promise<{ socket: net.Socket; offered: boolean | undefined }> {
  const socket = await connectTcp(address, timeoutMs);
  const answer = await new Promise<string>((resolve) => {
    const timer = setTimeout(() => resolve(""), timeoutMs);
    const settle = (text: string) => {
      clearTimeout(timer);
      socket.removeAllListeners("data");
      socket.removeAllListeners("close");
      resolve(text);
    };
    socket.once("data", (data: Uint8Array) => settle(String.fromCharCode(...data.subarray(0, 2))));
    socket.once("close", () => settle(""));
    socket.write(SSL_REQUEST);
  });
  socket.pause();
  return { socket, offered: answer === "S" ? true : answer === "N" ? false : undefined };
}

/** Checks that TLS works as `PGSSLMODE` requires. */
export async function checkPostgresTls(context: Context): Promise<Outcome> {
  const { settings } = context;
  const address = postgresAddress(settings);
  const timeoutMs = settings.PGCONNECT_TIMEOUT * 1000;
  const { socket, offered } = await requestTls(address, timeoutMs);
  if (offered === undefined) {
    socket.destroy();
    return failed(
      `${textOf(address)} accepts connections but is not PostgreSQL`,
      `Check ${context.displayName("PGPORT")}: does the port belong to another service?`,
    );
  }
  const mode = settings.PGSSLMODE;
  const attempts = tlsAttempts(settings);
  const options = attempts.find((attempt) => attempt !== false);
  if (!offered || options === undefined) {
    socket.destroy();
    return plaintextOutcome(context, offered, options !== undefined && attempts.length === 1);
  }
  return await performHandshake(context, socket, options, mode);
}

function plaintextOutcome(context: Context, offered: boolean, demanded: boolean): Outcome {
  const mode = context.settings.PGSSLMODE;
  if (demanded) {
    return diagnosed(missingTls({ mode, named: (setting) => context.displayName(setting) }));
  }
  return skipped(
    offered
      ? `not used: PGSSLMODE=${mode}, although the server supports TLS`
      : `not used: the server does not support TLS, and PGSSLMODE=${mode} does not require it`,
  );
}

async function performHandshake(
  context: Context,
  socket: net.Socket,
  options: tls.ConnectionOptions,
  mode: string,
): Promise<Outcome> {
  const { settings } = context;
  const { host } = postgresAddress(settings);
  const timeoutMs = settings.PGCONNECT_TIMEOUT * 1000;
  try {
    const secure = await startTls(socket, host, options, timeoutMs);
    const certificate = peerCertificate(secure);
    const version = secure.getProtocol();
    secure.destroy();
    if (options.rejectUnauthorized === false) return unverifiedOutcome(context, version);
    const what = options.checkServerIdentity
      ? "chain verified, host name not"
      : "chain and host name verified";
    return ok(
      `${version}, “${commonName(certificate?.subject ?? "")}” signed by “${
        commonName(certificate?.issuer ?? "")
      }”, ${what}`,
    );
  } catch (error) {
    const attempt = {
      host,
      ca: { setting: context.displayName("PGSSLROOTCERT"), path: settings.PGSSLROOTCERT },
      certificate: { setting: context.displayName("PGSSLCERT"), path: settings.PGSSLCERT },
      serverCertificate: await fetchServerCertificate(settings),
      now: context.now(),
    };
    // With these modes the services fall back to plaintext.
    const more = mode === "prefer" || mode === "allow" ? { blocks: false } : {};
    return { ...certificateOutcome(error, attempt) ?? handshakeOutcome(error, attempt), ...more };
  }
}

/** `require` and weaker modes do not verify the server. */
function unverifiedOutcome(context: Context, version: string | null): Outcome {
  const { KAFKA_SSL_CAFILE: ca, PGSSLMODE: mode } = context.settings;
  const file = ca === ""
    ? "the service's ca.pem"
    : `${ca} (ca.pem, the same for all services of an Aiven project)`;
  const { cause, remedy } = unverifiedServer(mode, context.displayName("PGSSLMODE"), file);
  return warning(`${version}: ${cause}`, remedy);
}

async function fetchServerCertificate(settings: PostgresSettings): Promise<X509Certificate | undefined> {
  const timeoutMs = settings.PGCONNECT_TIMEOUT * 1000;
  try {
    const { socket } = await requestTls(postgresAddress(settings), timeoutMs);
    const secure = await startTls(socket, settings.PGHOST, { rejectUnauthorized: false }, timeoutMs);
    const certificate = peerCertificate(secure);
    secure.destroy();
    return certificate;
  } catch {
    return undefined;
  }
}
