import assert from "assert";
import type pg from "pg";
import { FencedError, runTransaction } from "./transaction.ts";

/** A client whose queries fail with an error. */
const failing = (error: Error) =>
  ({
    query: (submitted: { handleError(error: Error): void }) => submitted.handleError(error),
  }) as unknown as pg.Client;

const error = (code: string, message: string) => Object.assign(new Error(message), { code });

Deno.test("runTransaction() recognizes the fence when the server's messages are in another language", async () => {
  for (
    const message of [
      'invalid input syntax for type integer: "fenced: 0 of 1"',
      "ungültige Eingabesyntax für Typ integer: »fenced: 0 of 1«",
      "syntaxe en entrée invalide pour le type integer : « fenced: 0 of 1 »",
    ]
  ) {
    await assert.rejects(runTransaction(failing(error("22P02", message)), "", []), FencedError);
  }
  const other = error("22P02", 'invalid input syntax for type integer: "x"');
  await assert.rejects(runTransaction(failing(other), "", []), (thrown) => thrown === other);
});
