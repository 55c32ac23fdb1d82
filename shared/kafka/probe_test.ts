import assert from "assert";
import { Buffer } from "node:buffer";
import * as net from "node:net";
import { TestServer } from "../test_server_fixture.ts";
import { explorePort } from "./probe.ts";

/** Starts a server that sends one response per request, and closes the connection after the last. */
const serve = (...responses: Uint8Array[]): Promise<TestServer> =>
  TestServer.start(net.createServer((socket) => {
    let next = 0;
    socket.on("error", () => {});
    socket.on(
      "data",
      () => next < responses.length - 1 ? socket.write(responses[next++]!) : socket.end(responses[next]!),
    );
  }));

const explore = ({ port }: TestServer) => explorePort({ host: "127.0.0.1", port }, 2_000);

const VERSIONS = Buffer.from("0000000a000000010000000000000000", "hex").subarray(0, 14);
const PLAIN_ONLY = Buffer.from("00000011" + "00000002" + "0021" + "00000001" + "0005" + "504c41494e", "hex");
const NO_SASL = Buffer.from("0000000a" + "00000002" + "0022" + "00000000", "hex");

Deno.test("explorePort() returns the SASL mechanisms when SASL is enabled", async () => {
  await using sasl = await serve(VERSIONS, PLAIN_ONLY);
  assert.deepEqual(await explore(sasl), { tls: false, clientCertificate: false, mechanisms: ["PLAIN"] });
  await using none = await serve(VERSIONS, NO_SASL);
  assert.deepEqual(await explore(none), { tls: false, clientCertificate: false, mechanisms: undefined });
});

Deno.test("explorePort() returns undefined when the response is invalid or the port is closed", async () => {
  let gone: TestServer;
  for (
    const response of [
      Buffer.from("HTTP/1.1 400 Bad Request\r\n\r\n"),
      Buffer.from("0000000a000000090000000000000000", "hex"),
    ]
  ) {
    await using other = await serve(response);
    gone = other;
    assert.equal(await explore(other), undefined);
  }
  assert.equal(await explore(gone!), undefined);
});
