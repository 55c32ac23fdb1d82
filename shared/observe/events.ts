/**
 * Typed events of a service. Emitting one logs its message and updates its metrics.
 *
 * @module
 */
import type { Fields, Level, Log } from "./log.ts";

/** Declaration of an event. */
export interface EventKind<F extends Fields> {
  readonly level: Level;
  /** The message of the log line, a full sentence. */
  readonly message: (fields: F) => string;
  /** Updates metrics; called even if the line is below the log level. */
  readonly metric?: (fields: F) => void;
  /** Whether the log line has no fields, because the message contains them. */
  readonly omitFields?: boolean;
}

/** Declares an event with its fields. */
export const event = <F extends Fields>(
  level: Level,
  message: (fields: F) => string,
  metric?: (fields: F) => void,
): EventKind<F> => ({ level, message, ...(metric ? { metric } : {}) });

/** Declares an event that has only a message. */
export const messageOnly = (level: Level): EventKind<{ text: string }> => ({
  level,
  message: ({ text }) => text,
  omitFields: true,
});

// deno-lint-ignore no-explicit-any -- the fields differ from event to event
type Kinds = Readonly<Record<string, EventKind<any>>>;

/** Emits an event of the table `K` by name. */
export type Emit<K extends Kinds> = <N extends keyof K & string>(
  name: N,
  fields: K[N] extends EventKind<infer F> ? F : never,
) => void;

/** Creates the {@link Emit} function of a table of events. */
export const createEmitter = <K extends Kinds>(kinds: K, log: Log): Emit<K> => (name, fields) => {
  const kind = kinds[name]!;
  kind.metric?.(fields);
  log(kind.level, name, () => kind.message(fields), kind.omitFields ? {} : fields);
};
