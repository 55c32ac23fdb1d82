import { join } from "node:path";
import { Authority } from "../harness/certificates.ts";
import { uniqueName } from "../harness/unique_name.ts";
import { type CommandOptions, dockerOk } from "./engine.ts";

/** Servers of somebody else's: Kafka that asks for client certificates, and PostgreSQL, both with TLS. */
export class RemoteServers implements AsyncDisposable {
  readonly name = uniqueName("compose-remote");
  readonly kafka = "kafka.remote.test:12345";
  readonly postgres = "postgres.remote.test:5432";
  readonly user = "avnadmin";
  readonly password: string = crypto.randomUUID();
  readonly #folder = Deno.makeTempDirSync({ prefix: "compose-remote-" });

  /** @param network The network of the stack that is to reach them; it exists. */
  constructor(private readonly network: string) {}

  /** Makes certificates, and leaves in `folder` what a client gets: `ca.pem`, `service.cert`, `service.key`. */
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
    // Containers read them as users of their own.
    for (const [path, text] of Object.entries(files)) {
      Deno.writeTextFileSync(path, text);
      Deno.chmodSync(path, 0o644);
    }
    Deno.chmodSync(this.#folder, 0o755);
  }

  /** Starts them, and waits until they are ready. */
  async start(): Promise<void> {
    await this.#compose(["up", "--detach", "--wait", "--wait-timeout", "90"], { timeoutMs: 100_000 });
  }

  /** The rows that one statement returns, seen by PostgreSQL's superuser: the columns as text. */
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
