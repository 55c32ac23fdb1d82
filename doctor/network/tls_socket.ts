/**
 * TLS handshakes, and what a server shows in one whether it is trusted or not.
 *
 * @module
 */
import { X509Certificate } from "node:crypto";
import * as net from "node:net";
import * as tls from "node:tls";

/** TLS on a TCP connection. @throws with Node's code; `ETIMEDOUT` after `timeoutMs`. The socket is closed then. */
export function startTls(
  socket: net.Socket,
  host: string,
  options: tls.ConnectionOptions,
  timeoutMs: number,
): Promise<tls.TLSSocket> {
  return new Promise((resolve, reject) => {
    const secure = tls.connect({ socket, host, ...(net.isIP(host) ? {} : { servername: host }), ...options });
    const settle = (end: () => void) => {
      clearTimeout(timer);
      secure.removeAllListeners("secureConnect");
      secure.removeAllListeners("close");
      secure.off("error", fail);
      secure.on("error", () => {});
      end();
    };
    const fail = (error: Error) =>
      settle(() => {
        secure.destroy();
        socket.destroy();
        reject(error);
      });
    const timer = setTimeout(
      () => fail(Object.assign(new Error("no answer to the TLS handshake"), { code: "ETIMEDOUT" })),
      timeoutMs,
    );
    secure.once("secureConnect", () => settle(() => resolve(secure)));
    secure.once("error", fail);
    secure.once(
      "close",
      () => fail(Object.assign(new Error("closed in the TLS handshake"), { code: "ECONNRESET" })),
    );
  });
}

/** The certificate that the other side showed. */
export function shownCertificate(socket: tls.TLSSocket): X509Certificate | undefined {
  const { raw } = socket.getPeerCertificate();
  return raw === undefined ? undefined : new X509Certificate(raw);
}
