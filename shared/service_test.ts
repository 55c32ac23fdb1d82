import assert from "assert";

/** Logs lines, some longer than an atomic write to a pipe, and reports the numbers of logged and dropped lines. */
const SERVICE = `
import { runService } from "${import.meta.resolve("./service.ts")}";
import { pause } from "${import.meta.resolve("./lifecycle.ts")}";
import { droppedLogLines } from "${import.meta.resolve("./observe/log_output.ts")}";
await runService({
  name: "consumer", groups: ["log"], about: "Logs.",
  run: async (_settings, _warnings, log, signal) => {
    let lines = 0;
    while (!signal.aborted) {
      for (let n = 0; n < 10 && lines < 1_500; n++) log("info", "line", "x".repeat(n === 0 ? 9_000 : 900), { n: lines++ });
      await pause(1);
      Deno.writeTextFileSync(Deno.env.get("REPORT"), JSON.stringify({ lines, dropped: droppedLogLines() }));
    }
    return 7;
  },
});`;

interface Report {
  readonly lines: number;
  readonly dropped: number;
}

/** A child process that runs the service, started by `command`. */
class Child implements AsyncDisposable {
  readonly #report = Deno.makeTempFileSync();
  readonly process: Deno.ChildProcess;

  constructor(command: readonly string[], script = SERVICE, env: Record<string, string> = {}) {
    const [program, ...args] = [...command, Deno.execPath(), "eval", "--quiet", script];
    this.process = new Deno.Command(program!, {
      args,
      env: { REPORT: this.#report, ...env },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
  }

  report(): Report {
    return JSON.parse(Deno.readTextFileSync(this.#report) || '{"lines":0,"dropped":0}') as Report;
  }

  /** Waits until `count` lines were logged, written or not. */
  async lines(count: number): Promise<void> {
    for (const deadline = performance.now() + 30_000; this.report().lines < count;) {
      assert(performance.now() < deadline, `only ${this.report().lines} lines`);
      await new Promise((done) => setTimeout(done, 20));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.process.kill("SIGKILL");
    } catch {
      // It has ended.
    }
    await this.process.status;
    await Promise.allSettled([this.process.stdout.cancel(), this.process.stderr.cancel()]);
    await Deno.remove(this.#report);
  }
}

const shell = (redirection: string) => ["/bin/sh", "-c", `exec "$@" ${redirection}`, "sh"];
const nonBlocking = ["perl", "-MFcntl", "-e", "fcntl(STDOUT, F_SETFL, O_WRONLY | O_NONBLOCK); exec @ARGV"];

for (
  const [output, command, isRead] of [
    ["is full", shell("> /dev/full"), false],
    ["is full, as stderr is", shell("> /dev/full 2>&1"), false],
    ["has lost its reader", [], "closed"],
    ["is a pipe that nobody reads", [], false],
    ["is a non-blocking pipe that nobody reads", nonBlocking, false],
  ] as const
) {
  Deno.test(`runService() keeps running and exits with its code when stdout ${output}`, async () => {
    await using child = new Child(command);
    if (isRead === "closed") await child.process.stdout.cancel();
    await child.lines(700);
    child.process.kill("SIGTERM");
    assert.equal((await child.process.status).code, 7);
  });
}

for (const [output, command] of [["a pipe", []], ["a non-blocking pipe", nonBlocking]] as const) {
  Deno.test(`runService() writes lines in order and reports dropped ones when the reader of ${output} was stalled`, async () => {
    await using child = new Child(command);
    await child.lines(1_500);
    assert(child.report().dropped > 100);
    const lines: { event: string; n?: number; count?: number }[] = [];
    let rest = "";
    for await (const text of child.process.stdout.pipeThrough(new TextDecoderStream())) {
      const parts = (rest + text).split("\n");
      rest = parts.pop()!;
      const had = lines.length;
      lines.push(...parts.map((line) => JSON.parse(line) as typeof lines[number]));
      if (lines.slice(had).some(({ event }) => event === "log_lines_dropped")) child.process.kill("SIGTERM");
    }
    assert.equal((await child.process.status).code, 7);
    const numbers = lines.flatMap(({ n }) => n ?? []);
    assert.deepEqual(numbers, numbers.toSorted((a, b) => a - b));
    const dropped = lines.reduce((sum, { count }) => sum + (count ?? 0), 0);
    assert.equal(numbers.length + dropped, child.report().lines);
  });
}

Deno.test("runService() prints the reason of its exit to stderr when stdout cannot be written", async () => {
  await using child = new Child(shell("> /dev/full"), SERVICE, { LOG_LEVEL: "loud" });
  assert.match(await new Response(child.process.stderr).text(), /LOG_LEVEL.*loud/);
  assert.equal((await child.process.status).code, 2);
});

Deno.test("runService() logs an uncaught error before it exits", async () => {
  await using child = new Child(
    [],
    SERVICE.replace("let lines = 0;", "setTimeout(() => { throw new Error('boom') }); let lines = 0;"),
  );
  const log = await new Response(child.process.stdout).text();
  assert.match(log, /"level":"error".*"event":"service_crashed".*boom/);
  assert.equal((await child.process.status).code, 1);
});

Deno.test("runService() logs process warnings and keeps running", async () => {
  const script = `import process from "node:process";\n${
    SERVICE.replace("let lines = 0;", "process.emitWarning('careful'); let lines = 0;")
  }`;
  await using child = new Child(shell("2> /dev/full"), script);
  const reading = new Response(child.process.stdout).text();
  await child.lines(100);
  child.process.kill("SIGTERM");
  assert.equal((await child.process.status).code, 7);
  assert.match(await reading, /"event":"process_warning".*careful/);
});

Deno.test("runService() exits with 141 and prints no error when the reader of --help closed the output", async () => {
  const script = SERVICE.replace(
    "await runService",
    "await new Promise((done) => setTimeout(done, 300)); await runService",
  );
  await using child = new Child(
    [],
    `Object.defineProperty(Deno, "args", { value: ["--help"] });\n${
      script.replaceAll(/^import (\{.*\}) from (".*");$/gm, "const $1 = await import($2);")
    }`,
  );
  await child.process.stdout.cancel();
  assert.equal(await new Response(child.process.stderr).text(), "");
  assert.equal((await child.process.status).code, 141);
});
