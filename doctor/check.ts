/**
 * What a check is, and how a table of them is run: each as soon as those it needs have been passed, all others at the same time.
 *
 * @module
 */
import type { Diagnosis } from "../shared/errors.ts";
import { pause } from "../shared/lifecycle.ts";
import { messageOf } from "../shared/errors.ts";
import { SettingsError } from "../shared/settings/error.ts";

/** `ok`: ✓; `warning`: !, which works and is probably not meant; `failed`: ✗; `skipped`: –, which is not checked, not used, or not there yet. */
export type Mark = "ok" | "warning" | "failed" | "skipped";

/** What a check found. */
export interface Outcome {
  readonly mark: Mark;
  /** What is so, in a sentence without the full stop. */
  readonly why: string;
  /** What to do about it, in sentences. */
  readonly remedy?: string;
  /** Lines below it. */
  readonly details?: readonly string[];
  /** Whether what needs this check can't be checked. Default: when it failed. */
  readonly blocks?: boolean;
}

/** Where a check stands in the report. */
export type Section = "Settings" | "Kafka" | "PostgreSQL" | "Progress";

/** A check; `C` is what checks share and leave to those after them. */
export interface Check<C> {
  readonly id: string;
  readonly section: Section;
  /** A word or two for the report. */
  readonly title: string;
  /** Ids of checks that must have been passed before. They stand earlier in the table. */
  readonly needs: readonly string[];
  readonly run: (context: C) => Outcome | Promise<Outcome>;
}

/** A check with what it found. */
export interface Result extends Outcome {
  readonly id: string;
  readonly section: Section;
  readonly title: string;
  /** How long it took, milliseconds. */
  readonly ms: number;
  /** Where it was not checked: the check that it would have needed in the first place. */
  readonly cause?: string;
}

export const ok = (why: string, more: Partial<Outcome> = {}): Outcome => ({ mark: "ok", why, ...more });

export const failed = (why: string, remedy: string, more: Partial<Outcome> = {}): Outcome => ({
  mark: "failed",
  why,
  remedy,
  ...more,
});

/** A mistake that start-up errors explain with the same words. */
export const diagnosed = ({ cause, remedy }: Diagnosis): Outcome => failed(cause, remedy);

export const warned = (why: string, remedy: string, more: Partial<Outcome> = {}): Outcome => ({
  mark: "warning",
  why,
  remedy,
  ...more,
});

export const skipped = (why: string, more: Partial<Outcome> = {}): Outcome => ({
  mark: "skipped",
  why,
  ...more,
});

/**
 * Several findings of one check as one outcome: failed if one is, and then only what failed is said; else a warning if one is; else ok if one is.
 */
export function together(findings: readonly Outcome[]): Outcome {
  for (const mark of ["failed", "warning", "ok", "skipped"] as const) {
    const those = findings.filter((finding) => finding.mark === mark);
    if (those.length === 0) continue;
    const said = mark === "failed" ? those : findings;
    const remedies = [...new Set(said.flatMap(({ remedy }) => remedy ?? []))];
    const blocking = findings.filter(({ mark, blocks }) => blocks ?? mark === "failed");
    return {
      mark,
      why: said.map(({ why }) => why).join("; "),
      ...remedies.length > 0 && { remedy: remedies.join(" ") },
      details: findings.flatMap(({ details }) => details ?? []),
      blocks: blocking.length > 0,
    };
  }
  return skipped("there is nothing to check");
}

/** Longest that one check may take, milliseconds; what is below it has shorter limits of its own. */
const CHECK_LIMIT_MS = 20_000;

/**
 * Runs the checks of a table.
 *
 * @param limitMs longest that one may take
 * @returns the results in the table's order, each as soon as it and all before it are there. Nothing is thrown: a check that
 * throws has failed.
 */
export async function* runChecks<C>(
  checks: readonly Check<C>[],
  context: C,
  limitMs = CHECK_LIMIT_MS,
): AsyncGenerator<Result> {
  const running = new Map<string, Promise<Result>>();
  for (const check of checks) {
    const needs = check.needs.map((id) => {
      const need = running.get(id);
      if (need === undefined) throw new Error(`${check.id} needs ${id}, which does not stand before it`);
      return need;
    });
    running.set(check.id, runCheck(check, context, needs, limitMs));
  }
  for (const result of running.values()) yield await result;
}

async function runCheck<C>(
  check: Check<C>,
  context: C,
  needs: readonly Promise<Result>[],
  limitMs: number,
): Promise<Result> {
  const { id, section, title } = check;
  const blocking = (await Promise.all(needs)).find(({ mark, blocks }) => blocks ?? mark === "failed");
  const start = performance.now();
  const cause = blocking && (blocking.cause ?? nameOf(blocking));
  const outcome = cause === undefined
    ? await attempt(check, context, limitMs)
    : skipped(`not checked, for want of: ${cause}`, { blocks: true });
  return {
    ...{ id, section, title, ms: Math.round(performance.now() - start) },
    ...outcome,
    ...cause !== undefined && { cause },
  };
}

const nameOf = ({ section, title }: Result) =>
  section.toLowerCase() === title ? title : `${section} ${title}`;

async function attempt<C>(check: Check<C>, context: C, limitMs: number): Promise<Outcome> {
  const limit = new AbortController();
  try {
    return await Promise.race([
      Promise.resolve(check.run(context)),
      pause(limitMs, limit.signal).then(() =>
        failed(
          `no result after ${limitMs / 1000} s`,
          "The server takes connections and does not answer. Is it overloaded, or starting?",
        )
      ),
    ]);
  } catch (error) {
    // Errors of ours end with their remedy.
    if (error instanceof SettingsError) return failed(error.problems.join(" "), "");
    return failed(messageOf(error), "");
  } finally {
    limit.abort();
  }
}
