import assert from "assert";
import type pg from "pg";
import { advanceProgressSql, FencedError, runTransaction } from "./transaction.ts";

/** A connection whose server answers with an error at once. */
const refusing = (error: Error) =>
  ({
    query: (submitted: { handleError(error: Error): void }) => submitted.handleError(error),
  }) as unknown as pg.Client;

const error = (code: string, message: string) => Object.assign(new Error(message), { code });

Deno.test("runTransaction() knows the fence when the server speaks another language", async () => {
  for (
    const message of [
      'invalid input syntax for type integer: "fenced: 0 of 1"',
      "ungültige Eingabesyntax für Typ integer: »fenced: 0 of 1«",
      "syntaxe en entrée invalide pour le type integer : « fenced: 0 of 1 »",
    ]
  ) {
    await assert.rejects(runTransaction(refusing(error("22P02", message)), "", []), FencedError);
  }
  const other = error("22P02", 'invalid input syntax for type integer: "x"');
  await assert.rejects(runTransaction(refusing(other), "", []), (thrown) => thrown === other);
});

Deno.test("fenceSql() quotes what comes from settings", () => {
  const sql = advanceProgressSql("it's", [{ topic: "ro'utes", partition: 0, expected: 1, next: 2 }]);
  assert.ok(sql.includes("'it''s'") && sql.includes("'ro''utes'"));
});
