import assert from "assert";
import { contextOf } from "../context_fixture.ts";
import { plaintextOutcome, unexpectedDatabaseOutcome } from "./login.ts";

Deno.test("plaintextOutcome() does not claim that passwords are hashed when the authentication method is unknown", async () => {
  await using context = await contextOf({ PGSSLMODE: "disable" });
  const { mark, message } = plaintextOutcome(context);
  assert.equal(mark, "ok");
  assert.doesNotMatch(message, /hashed/);
  assert.match(message, /not encrypted/);
});

Deno.test("unexpectedDatabaseOutcome() is a warning when the default database has no tables", async () => {
  await using context = await contextOf({ PGDATABASE: "defaultdb" });
  const { mark, message, remedy, blocks } = unexpectedDatabaseOutcome(context, false);
  assert.equal(mark, "warning");
  assert.ok(!blocks);
  assert.match(
    message,
    /defaultdb, a default database of the server, instead of routes; it has no tables of the pipeline yet/,
  );
  assert.match(remedy!, /Set PGDATABASE=routes\./);
});

Deno.test("unexpectedDatabaseOutcome() fails when the default database has the tables", async () => {
  await using context = await contextOf({ DATABASE_URL: "postgres://u:p@localhost/defaultdb" });
  const { mark, message, remedy } = unexpectedDatabaseOutcome(context, true);
  assert.equal(mark, "failed");
  assert.match(message, /defaultdb, .* instead of routes, which has the tables/);
  assert.match(remedy!, /in DATABASE_URL, write \/routes/);
});
