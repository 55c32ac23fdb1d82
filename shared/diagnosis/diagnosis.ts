/**
 * What an error means and what to do about it: one table for the messages of services and for the doctor.
 *
 * @module
 */

import { PermanentError, TransientError } from "../errors.ts";

/** The cause of an error and its remedy. */
export interface Diagnosis {
  /** Stable, for programs: Node's, PostgreSQL's or Kafka's name of the error, the name of a setting, or one beginning with the server's. */
  readonly code: string;
  /** A sentence without the full stop. */
  readonly cause: string;
  /** Sentences. */
  readonly remedy: string;
}

/** The two parts as sentences. */
export const sentences = ({ cause, remedy }: Pick<Diagnosis, "cause" | "remedy">): string =>
  `${cause}. ${remedy}`;

/** The error that stops a service: "what failed: cause. Remedy". */
export const permanentError = (action: string, diagnosis: Diagnosis, cause?: unknown): PermanentError =>
  new PermanentError(`${action}: ${sentences(diagnosis)}`, detailsOf(diagnosis, cause));

/** The error that a service waits with. @param class_ label of the metric of retries */
export const transientError = (
  action: string,
  diagnosis: Diagnosis,
  class_: string,
  cause?: unknown,
): TransientError =>
  new TransientError(`${action}: ${sentences(diagnosis)}`, class_, detailsOf(diagnosis, cause));

const detailsOf = ({ code, remedy }: Diagnosis, cause: unknown) => ({
  code,
  remedy,
  ...cause !== undefined && { cause },
});
