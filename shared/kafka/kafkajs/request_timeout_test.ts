import assert from "assert";
import Connection from "kafkajs/src/network/connection.js";
import { protocol } from "kafkajs/src/protocol/requests/apiVersions/index.js";
import * as net from "node:net";
import { TestServer } from "../../test_server_fixture.ts";
import { closeConnectionOnRequestTimeout } from "./request_timeout.ts";

closeConnectionOnRequestTimeout();

const logger = { debug() {}, info() {}, warn() {}, error() {} };
/** Needs no authentication. */
const request = protocol({ version: 0 })();

Deno.test("Connection.send() closes the connection and rejects its other requests when a request times out", async () => {
  const closed = Promise.withResolvers<void>();
  // Never responds.
  await using server = await TestServer.start(net.createServer((socket) => {
    socket.resume();
    socket.on("error", () => {});
    socket.on("close", () => closed.resolve());
  }));
  const connection = new Connection({
    host: "127.0.0.1",
    port: server.port,
    logger: { namespace: () => logger },
    socketFactory: ({ host, port, onConnect }: { host: string; port: number; onConnect: () => void }) =>
      net.connect({ host, port }, onConnect),
    requestTimeout: 200,
    connectionTimeout: 1_000,
    clientId: "test",
  });
  try {
    await connection.connect();
    const late = connection.send(request);
    // Its own timeout is longer.
    const other = connection.send({ ...request, requestTimeout: 60_000 });
    await Promise.all([
      assert.rejects(late, { name: "KafkaJSRequestTimeoutError" }),
      assert.rejects(other, { name: "KafkaJSConnectionError" }),
    ]);
    await closed.promise;
    assert.equal(connection.isConnected(), false);
  } finally {
    await connection.disconnect();
  }
});
