/**
 * `deno task start` end to end.
 *
 * @module
 */
import assert from "assert";
import { join } from "node:path";
import { waitUntil } from "../../local/servers/wait_until.ts";
import { PROJECT } from "../harness/project.ts";

Deno.test("deno task start stores --count records, resumes from the same data, and stops when it receives SIGTERM", async () => {
  const parent = await Deno.makeTempDir({ prefix: "start-" });
  const folder = join(parent, "#1 100% ü'\"$x");
  await Deno.mkdir(folder);
  try {
    await using first = new Start(folder, ["--count", "20000", "--rate", "0"]);
    assert.equal(await first.ended(), 0, first.output);
    assert.match(
      first.output,
      /all records stored, produced 20,000 .* stored 20,000 .* lag 0, 100 % of 20,000/,
    );
    assert.match(first.output, /Stopped\./);

    const envFile = join(folder, "start.env");
    const ports = await Deno.readTextFile(envFile);
    await using second = new Start(folder, ["--rate", "200", "--streams", "routes,battery"]);
    await second.printed(/First rows stored in PostgreSQL/);
    await second.printed(/Dashboard ready/);
    const [, url] = /Dashboard ready: (\S+)/.exec(second.output)!;
    assert.match(await (await fetch(url!)).text(), /<canvas/);

    assert.equal(await Deno.readTextFile(envFile), `${ports}STREAMS=routes,battery\n`);
    assert.match(await runTask(envFile, "progress"), /routes-consumer.*\broutes\b/s);
    assert.match(await runTask(envFile, "doctor"), /Kafka/);

    await using third = new Start(folder, []);
    assert.equal(await third.ended(), 1);
    assert.match(
      third.output,
      new RegExp(`Already running on .* \\(pid ${second.pid}\\)\\. Stop it first\\.`),
    );

    second.signal("SIGTERM");
    assert.equal(await second.ended(), 0, second.output);
    assert.match(second.output, /Stopping … A second Ctrl-C exits immediately\./);
    const [, produced, stored] =
      /all records stored, produced (\S+) .* stored (\S+) .* lag 0/.exec(second.output) ?? [];
    assert.equal(stored, produced);
    assert.notEqual(stored, "0");
  } finally {
    await Deno.remove(parent, { recursive: true });
  }
});

/** Runs a task with an env file. @returns its output */
async function runTask(envFile: string, name: string): Promise<string> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["task", "--quiet", `--env-file=${envFile}`, name],
    cwd: PROJECT,
  }).output();
  const text = new TextDecoder();
  assert.equal(code, 0, text.decode(stderr));
  return text.decode(stdout);
}

/** A run of the program in an environment with settings for other servers. */
class Start implements AsyncDisposable {
  output = "";
  readonly #child: Deno.ChildProcess;
  readonly #reading: Promise<void>;

  constructor(folder: string, args: string[]) {
    this.#child = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "local/main.ts", ...args],
      cwd: PROJECT,
      env: {
        START_FOLDER: folder,
        KAFKA_SECURITY_PROTOCOL: "SASL_SSL",
        KAFKA_TOPIC_REPLICATION_FACTOR: "3",
        DATABASE_URL: "postgres://user:password@elsewhere.invalid/other",
        PGSSLMODE: "verify-full",
        HTTP_PORT: "1",
        PGOPTIONS: "-c no_such_setting=1",
        PGCLIENT_ENCODING: "LATIN1",
        PGSERVICE: "elsewhere",
        HTTP_PROXY: "http://127.0.0.1:9",
        http_proxy: "http://127.0.0.1:9",
        ALL_PROXY: "http://127.0.0.1:9",
        NO_PROXY: "",
        JAVA_TOOL_OPTIONS: "-Xno-such-option",
        KAFKA_OPTS: "-Xno-such-option",
        CLASSPATH: "/no/such/folder",
        LC_ALL: "tr_TR.UTF-8",
        LANG: "tr_TR.UTF-8",
        TZ: "Pacific/Apia",
      },
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#reading = this.#read();
  }

  get pid(): number {
    return this.#child.pid;
  }

  signal(signal: Deno.Signal): void {
    this.#child.kill(signal);
  }

  /** Waits for output. */
  async printed(pattern: RegExp): Promise<void> {
    await waitUntil(`${pattern}`, () => pattern.test(this.output), { timeoutMs: 90_000 })
      .catch((error) => assert.fail(`${error.message}\n${this.output}`));
  }

  async ended(): Promise<number> {
    const [{ code }] = await Promise.all([this.#child.status, this.#reading]);
    return code;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      // The watchers of its server processes stop those.
      this.#child.kill("SIGKILL");
    } catch {
      // The process has already ended.
    }
    await this.ended();
  }

  async #read(): Promise<void> {
    const collect = async (stream: ReadableStream<Uint8Array<ArrayBuffer>>) => {
      for await (const text of stream.pipeThrough(new TextDecoderStream())) this.output += text;
    };
    await Promise.all([collect(this.#child.stdout), collect(this.#child.stderr)]);
  }
}
