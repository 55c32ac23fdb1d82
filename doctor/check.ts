/**
 * Checks and their execution. A check starts as soon as the checks it requires have passed; all others run concurrently.
 *
 * @module
 */
import { DiagnosedError, type Diagnosis, messageOf } from "../shared/errors.ts";
import { pause } from "../shared/lifecycle.ts";
import { SettingsError } from "../shared/settings/error.ts";

/** `ok`: ✓; `warning`: !, works but is probably not intended; `failed`: ✗; `skipped`: –, not checked, not used, or not created yet. */
export type Mark = "ok" | "warning" | "failed" | "skipped";

/** The outcome of a check. */
export interface Outcome {
  readonly mark: Mark;
  /** A clause without a full stop. */
  readonly message: string;
  /** One or more sentences. */
  readonly remedy?: string;
  /** Lines printed below the message. */
  readonly details?: readonly string[];
  /** Whether checks that require this one are skipped. Default: if it failed. */
  readonly blocks?: boolean;
}

/** Section of the report. */
export type Section = "Settings" | "Kafka" | "PostgreSQL" | "Progress";

/** A check; `C` is the context that checks share. */
export interface Check<C> {
  readonly id: string;
  readonly section: Section;
  /** One or two words for the report. */
  readonly title: string;
  /** Ids of the required checks. They precede this one in the table. */
  readonly needs: readonly string[];
  readonly run: (context: C) => Outcome | Promise<Outcome>;
}

/** A check with its outcome. */
export interface Result extends Outcome {
  readonly id: string;
  readonly section: Section;
  readonly title: string;
  /** Duration, milliseconds. */
  readonly ms: number;
  /** If the check was skipped: the first check on which it depends that did not pass. */
  readonly requires?: string;
}

export const ok = (message: string, more: Partial<Outcome> = {}): Outcome => ({
  mark: "ok",
  message,
  ...more,
});

export const failed = (message: string, remedy: string, more: Partial<Outcome> = {}): Outcome => ({
  mark: "failed",
  message,
  remedy,
  ...more,
});

/** A failure with the cause and remedy of the corresponding start-up error. */
export const diagnosed = ({ cause, remedy }: Pick<Diagnosis, "cause" | "remedy">): Outcome =>
  failed(cause, remedy);

export const warning = (message: string, remedy: string, more: Partial<Outcome> = {}): Outcome => ({
  mark: "warning",
  message,
  remedy,
  ...more,
});

export const skipped = (message: string, more: Partial<Outcome> = {}): Outcome => ({
  mark: "skipped",
  message,
  ...more,
});

/**
 * Combines the outcomes of a check's parts. The mark is the worst of failed, warning, ok and skipped. If a part failed, only the failures are
 * reported.
 */
export function combineOutcomes(outcomes: readonly Outcome[]): Outcome {
  for (const mark of ["failed", "warning", "ok", "skipped"] as const) {
    const marked = outcomes.filter((outcome) => outcome.mark === mark);
    if (marked.length === 0) continue;
    const reported = mark === "failed" ? marked : outcomes;
    const remedies = [...new Set(reported.flatMap(({ remedy }) => remedy ?? []))];
    return {
      mark,
      message: reported.map(({ message }) => message).join("; "),
      ...remedies.length > 0 && { remedy: remedies.join(" ") },
      details: outcomes.flatMap(({ details }) => details ?? []),
      blocks: outcomes.some(isBlocking),
    };
  }
  return skipped("nothing to check");
}

const isBlocking = ({ mark, blocks }: Outcome) => blocks ?? mark === "failed";

/** Timeout of a check, milliseconds. Its requests have shorter ones. */
const CHECK_TIMEOUT_MS = 20_000;

/**
 * Runs all checks.
 *
 * @param timeoutMs of each check
 * @returns the results in the order of the table, each as soon as it and all before it are available. A check that throws has failed.
 */
export async function* runChecks<C>(
  checks: readonly Check<C>[],
  context: C,
  timeoutMs = CHECK_TIMEOUT_MS,
): AsyncGenerator<Result> {
  const running = new Map<string, Promise<Result>>();
  for (const check of checks) {
    const needs = check.needs.map((id) => {
      const need = running.get(id);
      if (need === undefined) throw new Error(`${check.id} requires ${id}, which does not precede it`);
      return need;
    });
    running.set(check.id, runCheck(check, context, needs, timeoutMs));
  }
  for (const result of running.values()) yield await result;
}

async function runCheck<C>(
  check: Check<C>,
  context: C,
  needs: readonly Promise<Result>[],
  timeoutMs: number,
): Promise<Result> {
  const { id, section, title } = check;
  const blocking = (await Promise.all(needs)).find(isBlocking);
  const start = performance.now();
  const requires = blocking && (blocking.requires ?? checkName(blocking));
  const outcome = requires === undefined
    ? await runWithTimeout(check, context, timeoutMs)
    : skipped(`skipped: requires ${requires}`, { blocks: true });
  return {
    ...{ id, section, title, ms: Math.round(performance.now() - start) },
    ...outcome,
    ...requires !== undefined && { requires },
  };
}

const checkName = ({ section, title }: Result) =>
  section.toLowerCase() === title ? title : `${section} ${title}`;

async function runWithTimeout<C>(check: Check<C>, context: C, timeoutMs: number): Promise<Outcome> {
  const done = new AbortController();
  try {
    return await Promise.race([
      Promise.resolve(check.run(context)),
      pause(timeoutMs, done.signal).then(() =>
        failed(
          `no result within ${timeoutMs / 1000} s`,
          "The server accepts connections but does not respond: is it overloaded or starting?",
        )
      ),
    ]);
  } catch (error) {
    return outcomeOf(error);
  } finally {
    done.abort();
  }
}

/** The outcome of a check that throws. */
export function outcomeOf(error: unknown): Outcome {
  if (error instanceof DiagnosedError) return diagnosed(error.diagnosis);
  if (!(error instanceof SettingsError)) return failed(messageOf(error), "");
  const [problem, ...others] = error.problems;
  // Several problems are one text, since a remedy refers to the cause before it.
  return problem && others.length === 0 ? diagnosed(problem) : failed(error.texts.join(" "), "");
}
