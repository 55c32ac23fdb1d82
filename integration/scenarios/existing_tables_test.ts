import assert from "assert";
import { describe } from "../harness/rules.ts";
import { scenario } from "../harness/scenario.ts";
import type { ScenarioContext } from "../harness/scenario_context.ts";
import { streamDirectory } from "../harness/stream_file.ts";

/** A stream whose declared types differ from those of the tables below. */
const ITEMS = {
  about: "items of orders",
  table: '"Sales"."Order Items"',
  schema: {
    type: "object",
    required: ["order", "product", "quantity", "price", "soldAt", "status", "isGift", "labels"],
    properties: {
      order: { type: "integer", minimum: 1, maximum: 2147483647 },
      product: { type: "string", minLength: 1, maxLength: 20 },
      quantity: { type: "integer", minimum: 1, maximum: 2000 },
      price: { type: "number", minimum: 0, maximum: 9999 },
      soldAt: { type: "string", format: "date-time" },
      status: { enum: ["open", "paid", "sent back"] },
      isGift: { type: "boolean" },
      labels: { type: "array", items: { type: "string", maxLength: 10 }, maxItems: 4 },
      details: { type: "object" },
      remark: { type: ["string", "null"], maxLength: 30 },
    },
  },
  columns: {
    "Order": { path: "/order", type: "integer" },
    product: {},
    quantity: { type: "integer" },
    price: { type: "numeric(8,2)" },
    sold_at: {},
    status: { type: "text" },
    is_gift: {},
    labels: {},
    details: {},
    "re mark": { path: "/remark" },
    "Kafka offset": { metadata: "offset" },
  },
} as const;

const COLUMNS = `
  id bigint GENERATED ALWAYS AS IDENTITY,
  "Order" bigint NOT NULL,
  product varchar(40) NOT NULL,
  quantity quantity NOT NULL,
  price numeric(12,4) NOT NULL,
  total numeric GENERATED ALWAYS AS (price * quantity) STORED,
  sold_at timestamptz NOT NULL,
  status "Sales"."Status" NOT NULL,
  is_gift boolean,
  labels varchar(10)[],
  details jsonb,
  "re mark" text,
  "Kafka offset" numeric,
  source text NOT NULL DEFAULT 'shop',
  inserted timestamptz DEFAULT now(),
  unused uuid`;
const TYPES =
  `CREATE SCHEMA "Sales"; CREATE TYPE "Sales"."Status" AS ENUM ('open', 'paid', 'sent back', 'lost');
  CREATE DOMAIN quantity AS smallint CHECK (VALUE BETWEEN 1 AND 1980);`;
/** Counts the rows by statement and by row, as an application's triggers do. */
const TRIGGERS = `CREATE TABLE audited (what text NOT NULL, product text);
  CREATE FUNCTION audit() RETURNS trigger LANGUAGE plpgsql AS
    $$BEGIN INSERT INTO public.audited VALUES (TG_LEVEL, CASE TG_LEVEL WHEN 'ROW' THEN NEW.product END); RETURN NULL; END$$;
  CREATE TRIGGER each_row AFTER INSERT ON "Sales"."Order Items" FOR EACH ROW EXECUTE FUNCTION audit();
  CREATE TRIGGER each_statement AFTER INSERT ON "Sales"."Order Items" FOR EACH STATEMENT EXECUTE FUNCTION audit();`;

/** Tables with the stream's columns, among others and in other types. */
const TABLES: Readonly<Record<string, string>> = {
  "a plain table": `CREATE TABLE "Sales"."Order Items" (${COLUMNS}, PRIMARY KEY (id));`,
  "a partitioned table": `CREATE TABLE "Sales"."Order Items" (${COLUMNS}) PARTITION BY HASH ("Order");
    CREATE TABLE even PARTITION OF "Sales"."Order Items" FOR VALUES WITH (MODULUS 2, REMAINDER 0);
    CREATE TABLE odd PARTITION OF "Sales"."Order Items" FOR VALUES WITH (MODULUS 2, REMAINDER 1) PARTITION BY LIST (is_gift);
    CREATE TABLE odd_gifts PARTITION OF odd FOR VALUES IN (true); CREATE TABLE odd_rest PARTITION OF odd DEFAULT;`,
};

for (const [kind, table] of Object.entries(TABLES)) {
  scenario({
    name: `consumer stores every record once in ${kind} that psql created, when it is killed`,
    failure:
      `${kind}, schema-qualified and in quotes, with other types, domains, an enum, identity, generated and default columns and triggers; the consumer is killed`,
    result:
      "Each record is stored once in the types of the catalog; the database fills the other columns and rejects what its domain does",
    services: "process",
  }, async (s) => {
    const { settings } = s.use(streamDirectory("items", ITEMS));
    await s.database.create();
    await s.database.query(TYPES + table + TRIGGERS);
    const consumer = await s.startConsumer({ ...settings, CONSUMER_SESSION_TIMEOUT_MS: 2_000 });
    await s.produce(4_000, { ...settings, PRODUCER_MALFORMED_RATIO: 0.05 });
    await consumer.stop("SIGKILL");
    await s.produce(2_000, { ...settings, PRODUCER_SEED: "more" });
    await s.waitForExit(await s.startConsumer({ ...settings, CONSUMER_UNTIL_CAUGHT_UP: "true" }));
    const { stored, rejected, reasons } = await s.reconcile({
      rules: describe("items", ITEMS),
      mayBeRejected: (row) => Number(row[2]) > 1_980,
    });
    assert(stored > 3_000 && rejected > 200, `${stored} stored, ${rejected} rejected`);
    assert(reasons["refused by the database"]! > 10, JSON.stringify(reasons));
    await assertFilled(s, stored);
  });
}

/** Asserts that the database filled the columns that the stream does not have, and ran its triggers. */
async function assertFilled(s: ScenarioContext, stored: number): Promise<void> {
  const [filled] = await s.database.query<Record<string, string>>(
    `SELECT count(DISTINCT id) AS ids, count(*) FILTER (WHERE total = price * quantity) AS totals, count(inserted) AS times,
       count(*) FILTER (WHERE source = 'shop') AS sources, count(unused) AS unused FROM "Sales"."Order Items"`,
  );
  const all = `${stored}`;
  assert.deepEqual({ ...filled }, { ids: all, totals: all, times: all, sources: all, unused: "0" });
  assert.equal(await s.database.number("SELECT count(*) FROM audited WHERE what = 'ROW'"), stored);
  assert(await s.database.number("SELECT count(*) FROM audited WHERE what = 'STATEMENT'") > 0);
}
