import { classify, isPostgresError, permanentStatementError, transientStatementError } from "./errors.ts";

/**
 * Runs work on PostgreSQL; its errors get the action, the cause and the remedy.
 *
 * @param action such as `Cannot read rejected_records`
 * @throws {PermanentError} on errors that need operator action
 * @throws {TransientError} if the server is unavailable, or the connection breaks
 */
export async function explainFailure<T>(action: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!isPostgresError(error)) throw error;
    if (classify(error) === "transient") throw transientStatementError(action, error);
    throw permanentStatementError(action, error);
  }
}
