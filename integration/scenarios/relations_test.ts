import assert from "assert";
import { scenario } from "../harness/scenario.ts";
import { within } from "../harness/wait.ts";

const DOMAINS = `CREATE DOMAIN user_number AS INT CHECK (VALUE >= 0);
  CREATE DOMAIN degrees AS FLOAT8; CREATE DOMAIN latitude_degrees AS degrees CHECK (VALUE BETWEEN -85 AND 85);`;
const COLUMNS =
  "user_id user_number NOT NULL, timestamp FLOAT8 NOT NULL, latitude latitude_degrees NOT NULL, longitude degrees NOT NULL";

scenario({
  name: "consumer stores through a view and into domains when the view has an INSTEAD OF trigger",
  failure:
    "A view with the table's name and an INSTEAD OF INSERT trigger; columns whose types are domains with CHECK constraints",
  result: "Every record is stored once; those that violate a domain are rejected",
}, async (s) => {
  await s.database.create();
  await s.database.query(
    `${DOMAINS} CREATE TABLE stored (${COLUMNS});
     CREATE VIEW routes_table AS SELECT * FROM stored;
     CREATE FUNCTION store() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO stored VALUES (NEW.*); RETURN NEW; END';
     CREATE TRIGGER store INSTEAD OF INSERT ON routes_table FOR EACH ROW EXECUTE FUNCTION store()`,
  );
  await s.produce(2_000);
  await s.waitForExit(await s.startConsumer({ CONSUMER_UNTIL_CAUGHT_UP: "true" }));
  // The comparison needs a table.
  await s.database.query("DROP VIEW routes_table; ALTER TABLE stored RENAME TO routes_table");
  const { reasons } = await s.reconcile({
    mayBeRejected: ([, , latitude]) => Math.abs(Number(latitude)) > 85,
  });
  assert(reasons["refused by the database"]! > 0);
});

scenario({
  name: "consumer and doctor report the remedy when COPY cannot write to the relation",
  failure: "A view without an INSTEAD OF trigger; row-level security that applies to the role",
  result: "Exit code 2 at startup with the remedy; the doctor reports the same",
}, async (s) => {
  const role = `${s.id}-app`;
  await s.database.create();
  await s.database.query(
    `${DOMAINS} CREATE TABLE routes_table (${COLUMNS}); ALTER TABLE routes_table ENABLE ROW LEVEL SECURITY;
     CREATE ROLE "${role}" LOGIN PASSWORD 'app';
     GRANT CREATE ON SCHEMA public TO "${role}"; GRANT ALL ON routes_table TO "${role}"`,
  );
  const account = { PGUSER: role, PGPASSWORD: "app" };
  const assertReported = async (words: RegExp) => {
    const [consumer, doctor] = [await s.startConsumer(account), await s.startDoctor(account)];
    assert.equal(await within("the consumer to exit", 30_000, consumer.exited), 2, consumer.log);
    assert.match(consumer.log, words);
    assert.equal(await within("the doctor to exit", 30_000, doctor.exited), 1, doctor.log);
    assert.match(doctor.log, words);
  };
  await assertReported(/row-level security.*BYPASSRLS/s);
  await s.database.query(
    `DROP TABLE routes_table; CREATE TABLE stored (${COLUMNS});
     CREATE VIEW routes_table AS SELECT * FROM stored; GRANT ALL ON routes_table TO "${role}"`,
  );
  await assertReported(/INSTEAD OF INSERT.*CREATE TRIGGER/s);
  await s.database.query(`DROP OWNED BY "${role}"; DROP ROLE "${role}"`);
});
