/**
 * What an error means and what to do about it: one table for the messages of services and for the doctor.
 *
 * @module
 */

/** The cause of an error and its remedy. */
export interface Diagnosis {
  /** Stable, for programs: a code of Node or PostgreSQL, or the name of a setting. */
  readonly code: string;
  /** A sentence without the full stop. */
  readonly cause: string;
  /** Sentences. */
  readonly remedy: string;
}

/** The two parts as sentences. */
export const sentences = ({ cause, remedy }: Pick<Diagnosis, "cause" | "remedy">): string =>
  `${cause}. ${remedy}`;
