import assert from "assert";
import { Buffer } from "node:buffer";
import * as net from "node:net";
import { TestServer } from "../test_server_fixture.ts";
import { loadSettings, PROCESS } from "../settings/load.ts";
import { kafkaClient } from "./client.ts";
import { addressOf } from "./address.ts";
import { explorePort } from "./probe.ts";

const settingsOf = (env: Record<string, string>) =>
  loadSettings(["kafka"], { ...PROCESS, args: [], env: (name) => env[name] }).settings;

/** Starts a server that responds with an error to ApiVersions, so that the client fails without retries. */
const startServer = (host: string, onRequest: () => void) =>
  TestServer.start(
    net.createServer((socket) => {
      socket.on("error", () => {});
      socket.on("data", (request: Buffer) => {
        onRequest();
        socket.end(Buffer.concat([Buffer.from("0000000a", "hex"), request.subarray(8, 12), Buffer.alloc(6)]));
      });
    }),
    host,
  );

async function listensOnIPv6(): Promise<boolean> {
  try {
    await using _ = await startServer("::1", () => {});
    return true;
  } catch {
    console.warn("IPv6 is not tested: this machine has no address ::1");
    return false;
  }
}

for (const host of ["127.0.0.1", "::1"]) {
  Deno.test(`kafkaClient() connects to a bootstrap server at ${host}`, async () => {
    if (host === "::1" && !await listensOnIPv6()) return;
    let requests = 0;
    await using server = await startServer(host, () => requests++);
    const address = host.includes(":") ? `[${host}]:${server.port}` : `${host}:${server.port}`;
    const settings = settingsOf({ KAFKA_BOOTSTRAP_SERVERS: address });
    const admin = kafkaClient(settings, "test", () => () => {}).admin();
    await admin.connect().catch(() => {});
    await admin.disconnect();
    assert.ok(requests > 0, "no request was received");
    assert.equal((await explorePort(addressOf(settings.KAFKA_BOOTSTRAP_SERVERS[0]!)))?.tls, false);
  });
}
