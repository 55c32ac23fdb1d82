import assert from "assert";
import { PermanentError, TransientError } from "./errors.ts";
import { exitCodeOf, pause, stopSignal } from "./lifecycle.ts";
import type { Fields } from "./observe/log.ts";
import { SettingsError } from "./settings/error.ts";

/** The exit code of an error, and what is logged of it. */
function endOf(error: unknown): { code: number; lines: [event: string, message: string, fields?: Fields][] } {
  const lines: [string, string, Fields?][] = [];
  const code = exitCodeOf(error, (_level, event, message, fields) => {
    lines.push(fields ? [event, String(message), fields] : [event, String(message)]);
  });
  return { code, lines };
}

const failure = (cause: string) => ({ code: "X", cause, remedy: "" });

Deno.test("exitCodeOf() is 2 and logs code and remedy when an operator has to act", () => {
  const error = new PermanentError({
    action: "Cannot connect",
    code: "X",
    cause: "no route",
    remedy: "Fix it.",
  });
  assert.deepEqual(endOf(error), {
    code: 2,
    lines: [["service_failed", "Cannot connect: no route. Fix it.", { code: "X" }]],
  });
  const code = "SETTINGS_INVALID";
  assert.deepEqual(
    endOf(new SettingsError([{ cause: "A", remedy: "" }, { cause: "B", remedy: "Set it." }])),
    {
      code: 2,
      lines: [["setting_invalid", "A.", { code }], ["setting_invalid", "B. Set it.", { code }]],
    },
  );
});

Deno.test("exitCodeOf() is 1 and logs no stack when the error is transient", () => {
  assert.deepEqual(endOf(new TransientError(failure("cannot connect"), "connection")), {
    code: 1,
    lines: [["service_failed", "Cannot connect.", { code: "X" }]],
  });
});

Deno.test("exitCodeOf() is 1 and logs the stack when the error is unexpected", () => {
  const { code, lines: [[event, message, fields] = []] } = endOf(new TypeError("x is undefined"));
  assert.deepEqual([code, event, message], [1, "service_crashed", "Unexpected error: x is undefined"]);
  assert.match(String(fields!["stack"]), /lifecycle_test\.ts/);
});

Deno.test("exitCodeOf() appends the hint to the last line when an operator has to act", () => {
  const lines: string[] = [];
  const log = (_level: string, _event: string, message: string | (() => string)) =>
    lines.push(String(message));
  for (
    const error of [
      new SettingsError([{ cause: "A", remedy: "" }, { cause: "B", remedy: "Set it." }]),
      new PermanentError(failure("C")),
      new TransientError(failure("D"), "x"),
    ]
  ) {
    exitCodeOf(error, log, "Run the doctor.");
  }
  assert.deepEqual(lines, ["A.", "B. Set it. Run the doctor.", "C. Run the doctor.", "D. Run the doctor."]);
});

/** Runs a service that exits with code 7 by itself. Sends it a signal after each of `delays`. Returns its events and exit code. */
async function runWithSignals(
  delays: readonly number[],
  signal: Deno.Signal = "SIGINT",
): Promise<{ events: string[]; code: number }> {
  const script = `
    import { loggedStopSignal } from "${import.meta.resolve("./lifecycle.ts")}";
    loggedStopSignal((_level, event) => console.log(event), Deno.exit);
    console.log("ready");
    setTimeout(() => Deno.exit(7), 3_000);
  `;
  await using child = new Deno.Command(Deno.execPath(), {
    args: ["eval", "--quiet", script],
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const events: string[] = [];
  for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
    events.push(...text.trim().split("\n"));
    if (!text.includes("ready")) continue;
    for (const delay of delays) setTimeout(() => Deno.kill(child.pid, signal), delay);
  }
  return { events, code: (await child.status).code };
}

Deno.test("loggedStopSignal() ignores signals that immediately follow the first", async () => {
  assert.deepEqual(await runWithSignals([0, 20, 100]), { events: ["ready", "stop_requested"], code: 7 });
});

Deno.test("loggedStopSignal() exits with code 1 at the second signal", async () => {
  assert.deepEqual(await runWithSignals([0, 20, 700]), {
    events: ["ready", "stop_requested", "stop_forced"],
    code: 1,
  });
});

Deno.test("loggedStopSignal() requests a stop at SIGHUP", async () => {
  assert.deepEqual(await runWithSignals([0], "SIGHUP"), { events: ["ready", "stop_requested"], code: 7 });
});

Deno.test("stopSignal() aborts at the first signal and calls onSecond at later ones until disposed of", async () => {
  const calls: string[] = [];
  {
    using signal = stopSignal((name) => calls.push(`first ${name}`), (name) => calls.push(`second ${name}`));
    // `deno test` handles SIGINT itself.
    Deno.kill(Deno.pid, "SIGHUP");
    await pause(2_000, signal);
    Deno.kill(Deno.pid, "SIGHUP");
    await pause(600);
    Deno.kill(Deno.pid, "SIGTERM");
    await pause(50);
  }
  assert.deepEqual(calls, ["first SIGHUP", "second SIGTERM"]);
});
