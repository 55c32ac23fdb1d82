/**
 * Servers for tests on free ports.
 *
 * @module
 */
import type * as net from "node:net";

/** A server on a free port. Disposal closes all its connections. */
export class TestServer implements AsyncDisposable {
  readonly #sockets = new Set<net.Socket>();

  private constructor(private readonly server: net.Server, readonly port: number) {}

  static start(server: net.Server, host = "127.0.0.1"): Promise<TestServer> {
    return new Promise((resolve, reject) => {
      server.once("error", reject);
      server.listen(0, host, () => {
        const listening = new TestServer(server, (server.address() as net.AddressInfo).port);
        server.on("connection", (socket) => listening.#sockets.add(socket));
        resolve(listening);
      });
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
