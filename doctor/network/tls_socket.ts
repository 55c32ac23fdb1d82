/**
 * TLS handshakes and the certificates that servers present in them.
 *
 * @module
 */
import { X509Certificate } from "node:crypto";
import * as net from "node:net";
import * as tls from "node:tls";
import { waitForSocket } from "./tcp.ts";

/** Starts TLS on a TCP connection. @throws what {@link waitForSocket} throws. The TCP connection is closed then. */
export async function startTls(
  socket: net.Socket,
  host: string,
  options: tls.ConnectionOptions,
  timeoutMs: number,
): Promise<tls.TLSSocket> {
  const servername = net.isIP(host) ? {} : { servername: host };
  try {
    return await waitForSocket(
      tls.connect({ socket, host, ...servername, ...options }),
      "secureConnect",
      timeoutMs,
    );
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

/** The certificate that the peer presented. */
export function peerCertificate(socket: tls.TLSSocket): X509Certificate | undefined {
  const { raw } = socket.getPeerCertificate();
  return raw === undefined ? undefined : new X509Certificate(raw);
}
