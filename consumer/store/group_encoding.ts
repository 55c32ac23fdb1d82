/**
 * Checks that the database can store the name of the consumer group.
 *
 * @module
 */
import type pg from "pg";
import { codeOf, PermanentError } from "../../shared/errors.ts";

/** Whether an error means that text has a character that the database's encoding lacks. */
export const isUntranslatable = (error: unknown): boolean => ["22P05", "22021"].includes(codeOf(error) ?? "");

/**
 * Sends the group's name to the server, which converts it to the encoding of the database.
 *
 * @throws {PermanentError} if the encoding lacks one of its characters
 */
export async function assertGroupFits(client: pg.Client, group: string): Promise<void> {
  const { rows: [database] } = await client.query<{ name: string; encoding: string }>(
    "SELECT current_database() AS name, current_setting('server_encoding') AS encoding",
  );
  try {
    await client.query("SELECT $1::text", [group]);
  } catch (error) {
    if (!isUntranslatable(error)) throw error;
    throw new PermanentError(
      {
        code: "GROUP_ID_UNENCODABLE",
        cause: `CONSUMER_GROUP_ID is "${group}", and the encoding ${database!.encoding} of the database "${
          database!.name
        }" lacks one of its characters`,
        remedy: "Use a group id in ASCII, or a database with the encoding UTF8.",
      },
      { cause: error },
    );
  }
}
