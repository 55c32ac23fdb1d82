import assert from "assert";
import { Buffer } from "node:buffer";
import { Events, startDashboard } from "../dashboard/dashboard.ts";
import { whileLocked } from "../harness/postgres_faults.ts";
import { send } from "../harness/produce.ts";
import { readRows } from "../harness/read_tables.ts";
import type { Row } from "../harness/expected_rows.ts";
import { ROUTES } from "../harness/rules.ts";
import { scenario } from "../harness/scenario.ts";
import { delay, waitUntil } from "../harness/wait.ts";

/** Settings that change the parsing of SQL, the text format of values, the isolation of transactions, and timeouts. */
const DEFAULTS: Record<string, string> = {
  array_nulls: "off",
  backslash_quote: "on",
  bytea_output: "escape",
  check_function_bodies: "off",
  client_encoding: "LATIN1",
  client_min_messages: "debug1",
  DateStyle: "German",
  default_transaction_deferrable: "on",
  default_transaction_isolation: "serializable",
  escape_string_warning: "off",
  exit_on_error: "on",
  extra_float_digits: "-15",
  idle_in_transaction_session_timeout: "300ms",
  idle_session_timeout: "2s",
  IntervalStyle: "sql_standard",
  lock_timeout: "50ms",
  quote_all_identifiers: "on",
  row_security: "off",
  search_path: "nowhere, pg_catalog, public",
  standard_conforming_strings: "off",
  statement_timeout: "250ms",
  synchronous_commit: "off",
  TimeZone: "Asia/Kathmandu",
  transaction_timeout: "300ms",
  transform_null_equals: "on",
  xmloption: "document",
};

/** Keys and values with special characters of literals, of bytea's text format, or of arrays. */
const HOSTILE = ["\\x41", "\\101", "a\\'b", "NULL", "{}", '"', "\\", "\u00e9\\", ""]
  .map((text) => ({ key: text, value: `${text} is not JSON` }))
  .concat([{ key: "bytes", value: "\u0000\u0001\\x00" }]);

const southern = ([, , latitude]: Row) => Number(latitude) < -85;
/** Numbers as JavaScript writes them. */
const join = (row: Row) => row.map(Number).join();
const rowOf = (value: string) => {
  const { userID, timestamp, coordinates } = JSON.parse(Buffer.from(value, "base64").toString());
  return [userID, timestamp, ...coordinates].join();
};

scenario({
  name: "consumer, rejects and dashboard are unaffected when the role has settings of its own",
  failure: `A role with ${
    Object.keys(DEFAULTS).length
  } settings: literals, text formats, isolation, timeouts, search_path`,
  result:
    "Rows, rejected bytes, list and replay are the same as with any other role; only the consumer's own timeouts end transactions",
}, async (s) => {
  const role = `${s.id}-app`;
  await s.database.create();
  await s.database.query(
    `CREATE ROLE "${role}" LOGIN PASSWORD 'app';
     ALTER DATABASE "${s.database.name}" OWNER TO "${role}";
     CREATE TABLE routes_table (user_id INT NOT NULL, timestamp FLOAT8 NOT NULL, latitude FLOAT8 NOT NULL, longitude FLOAT8 NOT NULL,
       CONSTRAINT northern CHECK (latitude >= -85));
     ALTER TABLE routes_table OWNER TO "${role}";
     ${
      Object.entries(DEFAULTS).map(([name, value]) =>
        `ALTER ROLE "${role}" SET ${name} = ${name === "search_path" ? value : `'${value}'`};`
      ).join("\n")
    }`,
  );
  const account = { PGUSER: role, PGPASSWORD: "app" };
  const groups = [`${s.group}-a`, `${s.group}-b`];
  const consumer = await s.startConsumer({ CONSUMER_GROUP_ID: groups[0]!, ...account });
  await s.produce(1_000);
  await send(s.kafka.bootstrapServers, s.topic(), HOSTILE);
  await waitUntil("rows", async () => await s.countRows() > 0, { unless: () => consumer.assertRunning() });
  await whileLocked(s.database, "routes_table", async () => {
    await s.produce(1_000, { PRODUCER_SEED: "another" });
    await delay(700);
  });
  await s.reconcile({
    groups: groups.slice(0, 1),
    mayBeRejected: southern,
    unless: () => consumer.assertRunning(),
  });
  assert.doesNotMatch(consumer.log, /"class":"(timeout|lock|serialization)"|25P0[34]/);
  // The second group's rejected records have been stored by the first one.
  const settings = { CONSUMER_GROUP_ID: groups[1]!, CONSUMER_UNTIL_CAUGHT_UP: "true", ...account };
  await s.waitForExit(await s.startConsumer(settings));
  const { rejected, reasons } = await s.reconcile({ groups, mayBeRejected: southern });

  const all = ["--format", "json", "--limit", `${rejected}`];
  const listed = await s.runRejects(all, account);
  assert.equal(listed, await s.runRejects(all));
  const expected = (await s.runRejects([...all, "--reason", "refused by the database"])).split("\n")
    .map((line) => rowOf(JSON.parse(line).value));
  await s.database.query("ALTER TABLE routes_table DROP CONSTRAINT northern");
  assert.match(
    await s.runRejects(["--replay"], account),
    new RegExp(`moved ${reasons["refused by the database"]} records`),
  );
  const rows = await readRows(s.database, ROUTES);
  assert.deepEqual(rows.filter(southern).map(join).sort(), expected.sort());

  const dashboard = await startDashboard(s, [], account);
  await using events = new Events(dashboard.url);
  await waitUntil("the dashboard to show rows", () => events.rows("routes").length > 0);
  const stored = new Set(rows.map(join));
  assert.deepEqual(events.rows("routes").filter((row) => !stored.has(row.join())), []);
  await dashboard.service.stop();
  await s.database.query(`ALTER ROLE "${role}" RESET ALL`);
});
