import assert from "assert";
import { Buffer } from "node:buffer";
import * as net from "node:net";
import { Listening } from "../listening_fixture.ts";
import { speaksPlainly, speaksTls } from "./probe.ts";

/** A server that answers what it gets with `answer` and closes. */
async function serve(answer: Uint8Array): Promise<{ address: string } & AsyncDisposable> {
  const listening = await Listening.start(net.createServer((socket) => {
    socket.on("error", () => {});
    socket.once("data", () => socket.end(answer));
  }));
  return Object.assign(listening, { address: `127.0.0.1:${listening.port}` });
}

Deno.test("speaksPlainly() is true when the answer has the request's correlation id, and false when it has not", async () => {
  await using kafka = await serve(Buffer.from("0000000a000000010000000000000000", "hex"));
  await using other = await serve(Buffer.from("HTTP/1.1 400 Bad Request\r\n\r\n"));
  assert.equal(await speaksPlainly(kafka.address), true);
  assert.equal(await speaksPlainly(other.address), false);
});

Deno.test("speaksTls() is false when the server does not speak TLS or is not there", async () => {
  let address: string;
  {
    await using plain = await serve(Buffer.from("hello"));
    address = plain.address;
    assert.equal(await speaksTls(address), false);
  }
  assert.equal(await speaksTls(address), false);
});
