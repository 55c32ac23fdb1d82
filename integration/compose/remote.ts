import { join } from "node:path";
import { Authority } from "../harness/certificates.ts";
import { uniqueName } from "../harness/random.ts";
import { type CommandOptions, dockerOk } from "./engine.ts";

/** Servers outside of the stack: Kafka with client certificates, and PostgreSQL with TLS. */
export class RemoteServers implements AsyncDisposable {
  readonly name = uniqueName("compose-remote");
  readonly kafka = "kafka.remote.test:12345";
  readonly postgres = "postgres.remote.test:5432";
  readonly user = "avnadmin";
  readonly password: string = crypto.randomUUID();
  readonly #folder = Deno.makeTempDirSync({ prefix: "compose-remote-" });

  /** @param network the existing network of the stack that connects to them */
  constructor(private readonly network: string) {}

  /** Creates all certificates; those of the client are `ca.pem`, `service.cert` and `service.key` in `folder`. */
  async issueCertificates(folder: string): Promise<void> {
    await using authority = await Authority.create("authority");
    const server = await authority.issue("server", {
      hosts: ["kafka.remote.test", "postgres.remote.test"],
    });
    const client = await authority.issue("client");
    const files = {
      [join(this.#folder, "ca.pem")]: authority.self.certificate,
      [join(this.#folder, "server.pem")]: server.certificate,
      [join(this.#folder, "server.key")]: server.key,
      [join(this.#folder, "keystore.pem")]: server.key + server.certificate,
      [join(folder, "ca.pem")]: authority.self.certificate,
      [join(folder, "service.cert")]: client.certificate,
      [join(folder, "service.key")]: client.key,
    };
    // Containers read them as another user.
    for (const [path, text] of Object.entries(files)) {
      Deno.writeTextFileSync(path, text);
      Deno.chmodSync(path, 0o644);
    }
    Deno.chmodSync(this.#folder, 0o755);
  }

  async start(): Promise<void> {
    await this.#compose(["up", "--detach", "--wait", "--wait-timeout", "90"], { timeoutMs: 100_000 });
  }

  /** Runs a statement as superuser; returns rows of text columns. */
  async query(database: string, sql: string): Promise<string[][]> {
    const text = await this.#compose([
      ..."exec --no-TTY postgres psql --no-align --tuples-only --no-psqlrc --field-separator".split(" "),
      ...["\t", "--username", this.user, "--dbname", database, "--command", sql],
    ]);
    return text.trimEnd().split("\n").filter((line) => line !== "").map((line) => line.split("\t"));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#compose(["down", "--volumes", "--timeout", "5"]);
    Deno.removeSync(this.#folder, { recursive: true });
  }

  async #compose(args: readonly string[], options: CommandOptions = {}): Promise<string> {
    const file = join(import.meta.dirname!, "remote.yaml");
    return await dockerOk(["compose", "--project-name", this.name, "--file", file, ...args], {
      ...options,
      env: { CERTIFICATES: this.#folder, NETWORK: this.network, PASSWORD: this.password },
    });
  }
}
