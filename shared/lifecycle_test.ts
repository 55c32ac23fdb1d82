import assert from "assert";
import { PermanentError, TransientError } from "./errors.ts";
import { exitCodeOf } from "./lifecycle.ts";
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

Deno.test("exitCodeOf() is 2, and says what is to be mended, when a person has to", () => {
  assert.deepEqual(endOf(new PermanentError("Cannot.")), {
    code: 2,
    lines: [["stopped_by_error", "Cannot."]],
  });
  assert.deepEqual(endOf(new SettingsError(["A.", "B."])), {
    code: 2,
    lines: [["bad_setting", "A."], ["bad_setting", "B."]],
  });
});

Deno.test("exitCodeOf() is 1, without a stack, when a server is away and nobody waits for it", () => {
  const error = new TransientError("Cannot connect. Is it running?", "connection");
  assert.deepEqual(endOf(error), { code: 1, lines: [["stopped_by_error", error.message]] });
});

Deno.test("exitCodeOf() is 1, with a stack, when the error is a fault of ours", () => {
  const { code, lines: [[event, message, fields] = []] } = endOf(new TypeError("x is undefined"));
  assert.deepEqual([code, event, message], [1, "crashed", "Unexpected error: x is undefined"]);
  assert.match(String(fields!["stack"]), /lifecycle_test\.ts/);
});

Deno.test("exitCodeOf() ends the last line with the hint when a person has to act", () => {
  const lines: string[] = [];
  const log = (_level: string, _event: string, message: string | (() => string)) =>
    lines.push(String(message));
  for (
    const error of [new SettingsError(["A.", "B."]), new PermanentError("C."), new TransientError("D.", "x")]
  ) {
    exitCodeOf(error, log, "Ask the doctor.");
  }
  assert.deepEqual(lines, ["A.", "B. Ask the doctor.", "C. Ask the doctor.", "D. Ask the doctor."]);
});

/** A service that waits for a signal and then for ever; what it logs, by event, and how it ended. */
async function signalled(
  delays: readonly number[],
  signal: Deno.Signal = "SIGINT",
): Promise<{ events: string[]; code: number }> {
  const script = `
    import { stopSignal } from "${import.meta.resolve("./lifecycle.ts")}";
    stopSignal((_level, event) => console.log(event));
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

Deno.test("stopSignal() takes a signal that follows at once for the same one", async () => {
  assert.deepEqual(await signalled([0, 20, 100]), { events: ["ready", "stopping"], code: 7 });
});

Deno.test("stopSignal() ends the process at the second signal", async () => {
  assert.deepEqual(await signalled([0, 20, 700]), {
    events: ["ready", "stopping", "stopped_at_once"],
    code: 1,
  });
});

Deno.test("stopSignal() stops in order at SIGHUP, which a closed terminal sends", async () => {
  assert.deepEqual(await signalled([0], "SIGHUP"), { events: ["ready", "stopping"], code: 7 });
});
