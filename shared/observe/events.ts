/**
 * Facts that a service tells of itself. Each is one typed event, declared once; telling it writes the log line and moves the metric.
 *
 * @module
 */
import type { Fields, Level, Log } from "./log.ts";

/** How a fact is told. */
export interface EventKind<F extends Fields> {
  readonly level: Level;
  /** The log line's message. It must be a sentence of its own. */
  readonly message: (fields: F) => string;
  /** Moves metrics; called whether or not the line is logged. */
  readonly metric?: (fields: F) => void;
  /** The message says all that the fields do: the line has none. */
  readonly omitFields?: boolean;
}

/** Declares an event with the fields it carries. */
export const event = <F extends Fields>(
  level: Level,
  message: (fields: F) => string,
  metric?: (fields: F) => void,
): EventKind<F> => ({ level, message, ...(metric ? { metric } : {}) });

/** Declares an event that is a sentence and nothing else. */
export const messageOnly = (level: Level): EventKind<{ text: string }> => ({
  level,
  message: ({ text }) => text,
  omitFields: true,
});

// deno-lint-ignore no-explicit-any -- the fields differ from event to event
type Kinds = Readonly<Record<string, EventKind<any>>>;

/** Tells an event of the table `K` by its name. */
export type Emit<K extends Kinds> = <N extends keyof K & string>(
  name: N,
  fields: K[N] extends EventKind<infer F> ? F : never,
) => void;

/** A {@link Emit} of a table of events that writes to `log`. */
export const createEmitter = <K extends Kinds>(kinds: K, log: Log): Emit<K> => (name, fields) => {
  const kind = kinds[name]!;
  kind.metric?.(fields);
  log(kind.level, name, () => kind.message(fields), kind.omitFields ? {} : fields);
};
