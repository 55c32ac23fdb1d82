import assert from "assert";
import { Buffer } from "node:buffer";
import * as net from "node:net";
import { Listening } from "../listening_fixture.ts";
import { explorePort } from "./probe.ts";

/** A server that answers the requests that it gets one after the other, and then closes. */
const serve = (...answers: Uint8Array[]): Promise<Listening> =>
  Listening.start(net.createServer((socket) => {
    let next = 0;
    socket.on("error", () => {});
    socket.on("data", () =>
      next < answers.length - 1 ? socket.write(answers[next++]!) : socket.end(answers[next]!));
  }));

const explore = ({ port }: Listening) => explorePort({ host: "127.0.0.1", port }, 2_000);

const VERSIONS = Buffer.from("0000000a000000010000000000000000", "hex").subarray(0, 14);
const PLAIN_ONLY = Buffer.from("00000011" + "00000002" + "0021" + "00000001" + "0005" + "504c41494e", "hex");
const NO_SASL = Buffer.from("0000000a" + "00000002" + "0022" + "00000000", "hex");

Deno.test("explorePort() reads the SASL mechanisms when the port wants a login", async () => {
  await using sasl = await serve(VERSIONS, PLAIN_ONLY);
  assert.deepEqual(await explore(sasl), { tls: false, clientCertificate: false, mechanisms: ["PLAIN"] });
  await using none = await serve(VERSIONS, NO_SASL);
  assert.deepEqual(await explore(none), { tls: false, clientCertificate: false, mechanisms: undefined });
});

Deno.test("explorePort() finds nothing when the answer is not Kafka's, has another correlation id, or nobody is there", async () => {
  let gone: Listening;
  for (
    const answer of [
      Buffer.from("HTTP/1.1 400 Bad Request\r\n\r\n"),
      Buffer.from("0000000a000000090000000000000000", "hex"),
    ]
  ) {
    await using other = await serve(answer);
    gone = other;
    assert.equal(await explore(other), undefined);
  }
  assert.equal(await explore(gone!), undefined);
});
