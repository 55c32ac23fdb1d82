import assert from "assert";
import { join } from "node:path";
import * as tls from "node:tls";
import { Authority } from "./certificates.ts";
import { PROJECT } from "./project.ts";

const read = (path: string) => Deno.readTextFileSync(join(PROJECT, path));

/** What PGSSLROOTCERT=system and an empty KAFKA_SSL_CAFILE are documented to mean. */
const STORES = "DENO_TLS_CA_STORE=mozilla,system";

Deno.test("every task and image of a service trusts Mozilla's CAs and the system's", () => {
  const { tasks }: { tasks: Record<string, { command: string }> } = JSON.parse(read("deno.json"));
  const services = Object.entries(tasks).filter(([, { command }]) => command.includes(" -P="));
  assert.ok(services.length >= 5);
  for (const [name, { command }] of services) assert.ok(command.includes(`${STORES} deno run `), name);
  for (const service of ["producer", "consumer", "dashboard"]) {
    assert.ok(read(`${service}/Dockerfile`).includes(` ${STORES} `), service);
  }
});

Deno.test("Deno trusts a CA of the system's with what tasks and images set", async () => {
  const authority = await Authority.create("system CA");
  try {
    const { certificate, key } = await authority.issue("server", { hosts: ["127.0.0.1"] });
    const server = tls.createServer({ cert: certificate, key }, (socket) => {
      socket.on("error", () => {});
      socket.end();
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as { port: number };
    const connect = `import * as tls from "node:tls";
      const socket = tls.connect({ host: "127.0.0.1", port: ${port} }, () => { console.log("trusted"); socket.destroy(); });
      socket.on("error", ({ code }) => console.log(code));`;
    const result = async (env: Record<string, string>) => {
      const { stdout } = await new Deno.Command(Deno.execPath(), {
        args: ["eval", "--no-config", connect],
        // The first would add CAs to every store.
        env: {
          NODE_EXTRA_CA_CERTS: "",
          SSL_CERT_DIR: "",
          SSL_CERT_FILE: authority.self.certificateFile,
          ...env,
        },
      }).output();
      return new TextDecoder().decode(stdout).trim();
    };
    const [name, value] = STORES.split("=");
    assert.equal(await result({ [name!]: value! }), "trusted");
    assert.equal(await result({ [name!]: "mozilla" }), "UNABLE_TO_VERIFY_LEAF_SIGNATURE");
    await new Promise((resolve) => server.close(resolve));
  } finally {
    await authority[Symbol.asyncDispose]();
  }
});
