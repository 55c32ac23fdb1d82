import assert from "assert";
import { createServer, type Server } from "node:net";
import type { AddressInfo } from "node:net";
import { Buffer } from "node:buffer";
import { PermanentError } from "../errors.ts";
import { loadSettings, PROCESS } from "../settings/load.ts";
import { connectPostgres } from "./connection.ts";

const message = (type: string, body: Buffer) => {
  const header = Buffer.alloc(5);
  header.write(type);
  header.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([header, body]);
};
const int32 = (value: number) => Buffer.from(Uint32Array.of(value).buffer).swap32();

/** AuthenticationCleartextPassword, AuthenticationMD5Password and AuthenticationSASL, as servers ask for a password. */
const ASKING = {
  cleartext: message("R", int32(3)),
  md5: message("R", Buffer.concat([int32(5), int32(7)])),
  sasl: message("R", Buffer.concat([int32(10), Buffer.from("SCRAM-SHA-256\0\0")])),
};

/** A server that answers whoever begins with these bytes. */
async function answering(bytes: Buffer): Promise<Server & AsyncDisposable> {
  const server = createServer((socket) =>
    socket.on("error", () => {}).once("data", () => socket.write(bytes))
  );
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return Object.assign(server, {
    [Symbol.asyncDispose]: () => new Promise<void>((resolve) => server.close(() => resolve())),
  });
}

for (const [how, bytes] of Object.entries(ASKING)) {
  Deno.test(`connectPostgres() says that there is no password when the server asks for one (${how})`, async () => {
    await using server = await answering(bytes);
    const { port } = server.address() as AddressInfo;
    const env: Record<string, string> = { PGHOST: "127.0.0.1", PGPORT: `${port}`, PGSSLMODE: "disable" };
    const { settings } = loadSettings(["postgresql"], { ...PROCESS, args: [], env: (name) => env[name] });
    await assert.rejects(connectPostgres(settings, { applicationName: "test" }), (error: Error) => {
      assert(error instanceof PermanentError);
      assert.equal(
        error.message,
        `Cannot connect to PostgreSQL at 127.0.0.1:${port}: the server asks for a password, and PGPASSWORD is empty. ` +
          "Set PGPASSWORD or PGPASSWORD_FILE.",
      );
      return true;
    });
  });
}
