/** What came of running a test. */
export interface TestRun {
  /** `none`: no test has such a name; `broken`: it ended without a result, as when a module cannot be loaded. */
  readonly result: "passed" | "failed" | "none" | "broken" | "timeout";
  readonly output: string;
}

/** Runs the tests of a file whose names include `filter`, on embedded servers if it needs some. */
export async function runTest(
  folder: string,
  test: string,
  filter: string,
  timeoutMs: number,
): Promise<TestRun> {
  const timeout = AbortSignal.timeout(timeoutMs);
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    // Types are not checked: a mutation may leave an import that nothing uses.
    args: ["test", "-A", "--no-check", "--sanitize-ops", "--sanitize-resources", test, "--filter", filter],
    cwd: folder,
    env: { INTEGRATION_SERVERS: "embedded", NO_COLOR: "1" },
    stdin: "null",
    signal: timeout,
  }).output();
  const output = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
  if (timeout.aborted) return { result: "timeout", output };
  return { result: resultOf(code, output), output };
}

/** The result by the last line of Deno's report, such as `FAILED | 0 passed | 1 failed | 3 filtered out (4s)`. */
export function resultOf(code: number, output: string): TestRun["result"] {
  const counts = /^(?:ok|FAILED) \| (\d+) passed.*\| (\d+) failed/m.exec(output);
  if (!counts) return "broken";
  const [passed, failed] = [Number(counts[1]), Number(counts[2])];
  if (failed > 0) return "failed";
  if (code !== 0) return "broken";
  return passed > 0 ? "passed" : "none";
}
