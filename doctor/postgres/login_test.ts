import assert from "assert";
import { contextOf } from "../context_fixture.ts";
import { sslOff, unusualDatabase } from "./login.ts";

Deno.test("sslOff() does not say that passwords are hashed when nobody has looked how they are asked for", async () => {
  await using context = await contextOf({ PGSSLMODE: "disable" });
  const { mark, why } = sslOff(context);
  assert.equal(mark, "ok");
  assert.doesNotMatch(why, /hashed/);
  assert.match(why, /in the clear/);
});

Deno.test("unusualDatabase() is a warning when no tables are elsewhere: it may be meant", async () => {
  await using context = await contextOf({ PGDATABASE: "defaultdb" });
  const { mark, why, remedy, blocks } = unusualDatabase(context, false);
  assert.equal(mark, "warning");
  assert.ok(!blocks);
  assert.match(
    why,
    /defaultdb, which every server has, and not routes; it has no tables of the pipeline yet/,
  );
  assert.match(remedy!, /Set PGDATABASE=routes\./);
});

Deno.test("unusualDatabase() fails when the tables are in the database that it could have been", async () => {
  await using context = await contextOf({ DATABASE_URL: "postgres://u:p@localhost/defaultdb" });
  const { mark, why, remedy } = unusualDatabase(context, true);
  assert.equal(mark, "failed");
  assert.match(why, /defaultdb, .* not routes, which has the tables/);
  assert.match(remedy!, /in DATABASE_URL, write \/routes/);
});
