/**
 * Formats results as text and as JSON.
 *
 * @module
 */
import { escapeUnprintable } from "../shared/escape.ts";
import type { Mark, Result } from "./check.ts";

const MARKS: Readonly<Record<Mark, string>> = { ok: "✓", warning: "!", failed: "✗", skipped: "–" };
const COLORS: Readonly<Record<Mark, number>> = { ok: 32, warning: 33, failed: 31, skipped: 90 };

/** Layout of the text report. */
export interface Layout {
  /** Width of the title column. */
  readonly titleWidth: number;
  /** Width of the terminal; `undefined` if lines are not wrapped. */
  readonly columns: number | undefined;
  readonly color: boolean;
}

/** The lines of a result: mark, title, message and remedy, then the details. */
export function resultText(result: Result, { titleWidth, columns, color }: Layout): string {
  const paint = (text: string) => color ? `\x1b[${COLORS[result.mark]}m${text}\x1b[0m` : text;
  const indent = titleWidth + 5;
  const lines = wrap(resultSentence(result), columns && Math.max(30, columns - indent - 1));
  const head = `  ${paint(MARKS[result.mark])} ${result.title.padEnd(titleWidth)} ${lines[0]}`;
  const rest = lines.slice(1).map((line) => " ".repeat(indent) + line);
  const details = (result.details ?? []).map((line) => " ".repeat(indent) + escapeUnprintable(line));
  return [head, ...rest, ...details].join("\n");
}

function resultSentence({ message, remedy }: Result): string {
  const first = message.replace(/\.$/, "");
  return escapeUnprintable(remedy ? `${first}. ${remedy}` : first);
}

function wrap(text: string, width: number | undefined): string[] {
  if (width === undefined) return [text];
  const lines = [""];
  for (const word of text.split(" ")) {
    const line = lines.at(-1)!;
    if (line === "") lines[lines.length - 1] = word;
    else if (line.length + 1 + word.length <= width) lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(word);
  }
  return lines;
}

/** The last line of the report. */
export function summaryText(results: readonly Result[], seconds: number): string {
  const count = (mark: Mark) => results.filter((result) => result.mark === mark).length;
  const broken = count("failed");
  const verdict = broken === 0 ? "No check failed" : `${broken} ${broken === 1 ? "check" : "checks"} failed`;
  return `${verdict}: ${count("ok")} ✓, ${count("warning")} !, ${broken} ✗, ${count("skipped")} – in ${
    seconds.toFixed(1)
  } s.`;
}

/** All results as JSON: `{ok, checks: [{id, section, title, mark, message, remedy?, details?, ms}]}`. */
export function reportJson(results: readonly Result[]): string {
  const checks = results.map(({ id, section, title, mark, message, remedy, details, ms }) => ({
    id,
    section,
    title,
    mark,
    message,
    ...remedy && { remedy },
    ...details && details.length > 0 && { details },
    ms,
  }));
  // Line by line, because line feeds would be escaped, too.
  return JSON.stringify({ ok: results.every(({ mark }) => mark !== "failed"), checks }, undefined, 2)
    .split("\n").map(escapeUnprintable).join("\n");
}
