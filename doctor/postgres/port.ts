/**
 * The way into PostgreSQL before the login: whether it is PostgreSQL, offers TLS, and shows a certificate that is right.
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
import { diagnosed, failed, ok, type Outcome, skipped, warned } from "../check.ts";
import type { Context } from "../context.ts";
import { connectTcp } from "../network/network.ts";
import { shownCertificate, startTls } from "../network/tls_socket.ts";
import { certificateProblem, handshakeProblem } from "../network/tls_problem.ts";

export const postgresAddress = ({ PGHOST, PGPORT }: PostgresSettings): Address => ({
  host: PGHOST,
  port: PGPORT,
});

/** SSLRequest: https://www.postgresql.org/docs/current/protocol-message-formats.html#PROTOCOL-MESSAGE-FORMATS-SSLREQUEST */
const SSL_REQUEST = Buffer.from([0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f]);

/** A TCP connection to PostgreSQL and its answer to whether it speaks TLS; `undefined`: the answer is not PostgreSQL's. */
export async function askForTls(
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

/** Whether TLS is as `sslmode` asks for it. */
export async function checkPostgresTls(context: Context): Promise<Outcome> {
  const { settings } = context;
  const address = postgresAddress(settings);
  const timeoutMs = settings.PGCONNECT_TIMEOUT * 1000;
  const { socket, offered } = await askForTls(address, timeoutMs);
  if (offered === undefined) {
    socket.destroy();
    return failed(
      `${textOf(address)} takes connections but does not speak PostgreSQL`,
      `Check ${context.named("PGPORT")}: is it another service's port?`,
    );
  }
  const mode = settings.PGSSLMODE;
  const attempts = tlsAttempts(settings);
  const options = attempts.find((attempt) => attempt !== false);
  if (!offered || options === undefined) {
    socket.destroy();
    return withoutTls(context, offered, options !== undefined && attempts.length === 1);
  }
  return await handshake(context, socket, options, mode);
}

function withoutTls(context: Context, offered: boolean, demanded: boolean): Outcome {
  const mode = context.settings.PGSSLMODE;
  if (demanded) {
    return diagnosed(missingTls({ mode, named: (setting) => context.named(setting) }));
  }
  return skipped(
    offered
      ? `not used: PGSSLMODE=${mode}, though the server offers it`
      : `not used: the server offers none, and PGSSLMODE=${mode} goes without`,
  );
}

async function handshake(
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
    const certificate = shownCertificate(secure);
    const version = secure.getProtocol();
    secure.destroy();
    if (options.rejectUnauthorized === false) return unverified(context, version);
    const what = options.checkServerIdentity ? "chain checked, host name not" : "chain and host name checked";
    return ok(
      `${version}, “${commonName(certificate?.subject ?? "")}” signed by “${
        commonName(certificate?.issuer ?? "")
      }”, ${what}`,
    );
  } catch (error) {
    const attempt = {
      host,
      ca: { setting: context.named("PGSSLROOTCERT"), path: settings.PGSSLROOTCERT },
      certificate: { setting: context.named("PGSSLCERT"), path: settings.PGSSLCERT },
      shown: await showCertificate(settings),
      now: context.now(),
    };
    // Where the mode does not ask for it, the services go on without TLS.
    const more = mode === "prefer" || mode === "allow" ? { blocks: false } : {};
    return { ...certificateProblem(error, attempt) ?? handshakeProblem(error, attempt), ...more };
  }
}

/** `require` and below encrypt, and trust whoever answers. */
function unverified(context: Context, version: string | null): Outcome {
  const { KAFKA_SSL_CAFILE: ca, PGSSLMODE: mode } = context.settings;
  const file = ca === ""
    ? "the service's ca.pem"
    : `${ca} (ca.pem, the same for all services of an Aiven project)`;
  const { cause, remedy } = unverifiedServer(mode, context.named("PGSSLMODE"), file);
  return warned(`${version}: ${cause}`, remedy);
}

async function showCertificate(settings: PostgresSettings): Promise<X509Certificate | undefined> {
  const timeoutMs = settings.PGCONNECT_TIMEOUT * 1000;
  try {
    const { socket } = await askForTls(postgresAddress(settings), timeoutMs);
    const secure = await startTls(socket, settings.PGHOST, { rejectUnauthorized: false }, timeoutMs);
    const certificate = shownCertificate(secure);
    secure.destroy();
    return certificate;
  } catch {
    return undefined;
  }
}
