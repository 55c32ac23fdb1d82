import assert from "assert";
import type { Result } from "./check.ts";
import { reportJson, resultText, summaryText } from "./report.ts";

const result = (more: Partial<Result>): Result => ({
  id: "kafka.tcp",
  section: "Kafka",
  title: "TCP",
  mark: "ok",
  message: "it works",
  ms: 1,
  ...more,
});

Deno.test("resultText() is one line with mark, message and remedy when lines are not wrapped", () => {
  const layout = { titleWidth: 6, columns: undefined, color: false };
  assert.equal(resultText(result({}), layout), "  ✓ TCP    it works");
  const failure = result({ mark: "failed", message: "it is closed", remedy: "Open it." });
  assert.equal(resultText(failure, layout), "  ✗ TCP    it is closed. Open it.");
  assert.equal(
    resultText(result({ mark: "skipped", details: ["A = 1"] }), layout),
    "  – TCP    it works\n           A = 1",
  );
});

Deno.test("resultText() wraps and indents lines when the terminal is narrow", () => {
  const long = result({ mark: "failed", message: "word ".repeat(30).trim(), remedy: "Do it." });
  const lines = resultText(long, { titleWidth: 6, columns: 50, color: false }).split("\n");
  assert(lines.length > 3);
  for (const line of lines) assert(line.length <= 50, line);
  for (const line of lines.slice(1)) assert.match(line, /^ {11}\S/);
});

Deno.test("summaryText() counts marks when checks failed", () => {
  const results = [
    result({}),
    result({ mark: "warning" }),
    result({ mark: "failed" }),
    result({ mark: "skipped" }),
  ];
  assert.equal(summaryText(results, 1.23), "1 check failed: 1 ✓, 1 !, 1 ✗, 1 – in 1.2 s.");
  assert.match(summaryText([result({})], 0), /^No check failed/);
});

Deno.test("reportJson() is not ok when a check failed", () => {
  const report = JSON.parse(reportJson([result({}), result({ mark: "failed", remedy: "Mend it." })]));
  assert.equal(report.ok, false);
  assert.deepEqual(report.checks[1], {
    ...result({ mark: "failed", remedy: "Mend it." }),
  });
  assert.equal(JSON.parse(reportJson([result({ mark: "skipped" })])).ok, true);
});

Deno.test("resultText() and reportJson() escape control characters", () => {
  const text = "no\x1b[2J\r\nyes\x9b\u202e";
  const hostile = result({ mark: "failed", message: text, remedy: text, details: [text] });
  const shown = resultText(hostile, { titleWidth: 6, columns: undefined, color: false });
  assert.equal(shown.split("\n").length, 2);
  // deno-lint-ignore no-control-regex -- they are what it is about
  assert.doesNotMatch(shown + reportJson([hostile]), /[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]/);
  assert.equal(JSON.parse(reportJson([hostile])).checks[0].message, text);
});
