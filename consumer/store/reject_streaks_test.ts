import assert from "assert";
import type pg from "pg";
import { PermanentError } from "../../shared/errors.ts";
import { REJECTED_BY_DATABASE, RejectStreaks } from "./reject_streaks.ts";

const at = { topic: "routes", partition: 1 };
const other = { topic: "routes", partition: 2 };

const violation = (constraint?: string, code = "23514") =>
  Object.assign(new Error(`violates "${constraint}"`), {
    code,
    constraint,
    detail: "Failing row contains (1).",
  });

/** Rejects a record as BatchStore does. Returns its detail. */
function rejectOne(streaks: RejectStreaks, place = at, error = violation("north")): string {
  const rejection = streaks.reject(place, error);
  assert.equal(rejection.reason, REJECTED_BY_DATABASE);
  streaks.onRejected(place, error, rejection);
  return rejection.detail;
}

/** A database whose rejected records directly before the progress have these details. */
const databaseWith = (details: readonly { partition: number; detail: string }[]) =>
  ({ query: () => Promise.resolve({ rows: details }) }) as unknown as pg.Client;

Deno.test("RejectStreaks stops at the record that completes a streak of one SQLSTATE and constraint", () => {
  const streaks = new RejectStreaks(3);
  assert.equal(
    rejectOne(streaks),
    'SQLSTATE 23514, 1 in a row, constraint north: violates "north" (Failing row contains (1))',
  );
  rejectOne(streaks);
  assert.throws(() => rejectOne(streaks), (error: Error) => {
    assert(error instanceof PermanentError);
    assert.match(
      error.message,
      /rejected 3 consecutive records of routes .*SQLSTATE 23514, constraint north.*CONSUMER_REJECT_STREAK_MAX/,
    );
    return true;
  });
});

Deno.test("RejectStreaks starts a new streak after a stored row or another cause, and for each partition", () => {
  const streaks = new RejectStreaks(3);
  for (let n = 0; n < 10; n++) {
    rejectOne(streaks);
    rejectOne(streaks, other);
    rejectOne(streaks);
    streaks.onRowStored(at);
    rejectOne(streaks, other, violation("south"));
    rejectOne(streaks, other, violation(undefined, "P0001"));
    streaks.onRowStored(other);
  }
});

Deno.test("RejectStreaks never stops when the maximum is 0", () => {
  const streaks = new RejectStreaks(0);
  for (let n = 1; n <= 1_000; n++) assert(rejectOne(streaks).includes(`, ${n} in a row, `));
});

Deno.test("RejectStreaks stops at the next record of the topic after a restart, until the table accepts a row", async () => {
  for (const constraint of ["north", 'a "b", 7 in a row: x\n', "größe"]) {
    const error = violation(constraint);
    const before = new RejectStreaks(0);
    for (let n = 0; n < 2; n++) rejectOne(before, at, error);
    const detail = rejectOne(before, at, error);
    // A database with another encoding than UTF-8 stores it escaped.
    for (
      const stored of [
        detail,
        detail.replaceAll(/[^ -~]/g, (c) => `\\u00${c.charCodeAt(0).toString(16)}`),
      ]
    ) {
      const streaks = new RejectStreaks(3);
      assert(streaks.isUnknown(at));
      await streaks.load(databaseWith([{ partition: 1, detail: stored }]), "g", "routes");
      assert(!streaks.isUnknown(at));
      for (const place of [at, other]) {
        assert.throws(() => streaks.reject(place, error), /3 consecutive records/, constraint);
      }
      // Another cause does not stop it.
      rejectOne(streaks, other, violation("south"));
      streaks.onRowStored(other);
      rejectOne(streaks, other, error);
      assert.throws(() => streaks.reject(at, error), /3 consecutive records/);
    }
  }
});

Deno.test("RejectStreaks continues an incomplete streak after a restart, and ignores details it did not write", async () => {
  const streaks = new RejectStreaks(3);
  await streaks.load(
    databaseWith([
      { partition: 1, detail: "SQLSTATE 23514, 2 in a row, constraint north: x" },
      { partition: 2, detail: "a previous version's" },
    ]),
    "g",
    "routes",
  );
  rejectOne(streaks, other);
  rejectOne(streaks, other);
  assert.throws(() => rejectOne(streaks), /3 consecutive records/);
  streaks.reset();
  assert(streaks.isUnknown(at));
});
