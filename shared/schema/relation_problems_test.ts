import assert from "assert";
import { problemOf, type Relation } from "./relation_problems.ts";

const TABLE: Relation = {
  table: "routes_table",
  kind: "r",
  persistence: "p",
  hasForeignPartition: false,
  hasRowSecurity: false,
  hasInsertTrigger: false,
  hasInsertRule: false,
};

Deno.test("problemOf() accepts tables, partitioned tables, and a stream's view with an INSTEAD OF trigger", () => {
  assert.equal(problemOf(TABLE, "own"), undefined);
  assert.equal(problemOf({ ...TABLE, kind: "p" }, "own"), undefined);
  assert.equal(problemOf({ ...TABLE, hasInsertTrigger: true }, "stream"), undefined);
  assert.equal(problemOf({ ...TABLE, kind: "v", hasInsertTrigger: true }, "stream"), undefined);
});

const REJECTED: [what: RegExp, remedy: RegExp, Partial<Relation>, "own" | "stream"][] = [
  [/view without an INSTEAD OF INSERT trigger/, /CREATE TRIGGER/, { kind: "v" }, "stream"],
  [/is a view, but must be a table/, /RENAME/, { kind: "v", hasInsertTrigger: true }, "own"],
  [/materialized view/, /RENAME/, { kind: "m" }, "stream"],
  [/foreign table.*not committed in one transaction/, /RENAME/, { kind: "f" }, "stream"],
  [/partition that is a foreign table/, /Detach/, { kind: "p", hasForeignPartition: true }, "stream"],
  [/sequence/, /RENAME/, { kind: "S" }, "stream"],
  [/not a table/, /RENAME/, { kind: "?" }, "stream"],
  [/row-level security/, /owner.*BYPASSRLS.*DISABLE/, { hasRowSecurity: true }, "own"],
  [/rule for INSERT/, /DROP RULE/, { hasInsertRule: true }, "stream"],
  [/UNLOGGED/, /SET LOGGED/, { persistence: "u" }, "stream"],
  [/temporary/, /RENAME/, { persistence: "t" }, "own"],
];
for (const [what, remedy, relation, use] of REJECTED) {
  Deno.test(`problemOf() returns the remedy when the problem is /${what.source}/`, () => {
    const problem = problemOf({ ...TABLE, ...relation }, use);
    assert.match(problem!.what, what);
    assert.match(problem!.remedy, remedy);
  });
}
