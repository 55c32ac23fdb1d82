/**
 * The statements of an upsert on a real server, compared with a model.
 *
 * @module
 */
import assert from "assert";
import type { Client } from "pg";
import { applySql, KEY_CONFLICTS_SQL } from "../../shared/schema/upsert_sql.ts";
import { createStagingSql, stagingTarget, type UpsertTable } from "../../shared/schema/upsert_table.ts";
import { Database } from "../harness/database.ts";
import { type Random, readSeed, seededRandom, uniqueName } from "../harness/random.ts";
import { sharedServers } from "../harness/shared_servers.ts";

const TABLE: UpsertTable = {
  table: `"Items"`,
  columns: ["id", `"Region"`, "value", `"at"`, "p", "o"],
  types: ["numeric", "text", "text", "timestamp with time zone", "smallint", "bigint"],
  key: ["id", `"Region"`],
  partition: "p",
  offset: "o",
};

interface Item {
  readonly id: number;
  readonly region: string;
  /** null: a tombstone. */
  readonly value: string | null;
  readonly partition: number;
  readonly offset: number;
}

/** Runs `use` with a connection to a new database that has the table. */
async function withTable(use: (client: Client) => Promise<void>): Promise<void> {
  const database = new Database(sharedServers().postgres, uniqueName("upsert"));
  await database.create();
  try {
    await database.connected(async (client) => {
      await client.query(
        `CREATE TABLE "Items" (id numeric, "Region" text, value text NOT NULL, "at" timestamptz DEFAULT now(), p smallint, o bigint,
           PRIMARY KEY ("Region", id))`,
      );
      await use(client);
    });
  } finally {
    await database.drop();
  }
}

/** Applies a batch in one transaction. Returns the number of rows whose record was from another partition. */
async function apply(client: Client, batch: readonly Item[]): Promise<number> {
  const rows = batch.map(({ id, region, value, partition, offset }) =>
    `(${id}, '${region}', ${value === null ? "NULL" : `'${value}'`}, NULL, ${
      value === null ? ~partition : partition
    }, ${offset})`
  );
  const traits = {
    hasTombstones: batch.some(({ value }) => value === null),
    hasSeveralPartitions: new Set(batch.map(({ partition }) => partition)).size > 1,
  };
  const results = await client.query(
    [
      createStagingSql(TABLE),
      `INSERT INTO ${stagingTarget(TABLE)} VALUES ${rows.join(", ")}`,
      applySql(TABLE, stagingTarget(TABLE).split(" ")[0]!, traits),
      KEY_CONFLICTS_SQL,
    ].join(";\n"),
  ) as unknown as { rows: { coalesce: string }[] }[];
  return Number(results.at(-1)!.rows[0]!.coalesce);
}

/** The stored rows, in the order of their keys. */
async function readItems(client: Client): Promise<Item[]> {
  const { rows } = await client.query(
    `SELECT id::int, "Region" AS region, value, p AS partition, o::int AS "offset" FROM "Items" ORDER BY id, region`,
  );
  return rows as Item[];
}

const keyOf = ({ id, region }: Item) => `${id}/${region}`;

/** The last record of each key, without tombstones. */
function replay(items: readonly Item[]): Item[] {
  const last = new Map<string, Item>();
  for (const item of items) {
    const other = last.get(keyOf(item));
    if (!other || (item.offset - other.offset || item.partition - other.partition) > 0) {
      last.set(keyOf(item), item);
    }
  }
  return [...last.values()].filter(({ value }) => value !== null)
    .sort((a, b) => a.id - b.id || (a.region < b.region ? -1 : 1));
}

/** Random records of two partitions. @param partitionOf partition of a key */
function createItems(
  random: Random,
  count: number,
  partitionOf: (id: number) => number,
  tombstones: number,
): Item[] {
  const next = [0, 0];
  return Array.from({ length: count }, (_, n) => {
    const id = random.between(0, 30), partition = partitionOf(id);
    const value = random.next() < tombstones ? null : `value ${n}`;
    return { id, region: "ab"[random.between(0, 1)]!, value, partition, offset: next[partition]!++ };
  });
}

/** Divides records into consecutive batches of random sizes. */
function divide(random: Random, items: readonly Item[]): Item[][] {
  const batches: Item[][] = [];
  for (let at = 0; at < items.length;) {
    const size = random.between(1, 40);
    batches.push(items.slice(at, at + size));
    at += size;
  }
  return batches;
}

Deno.test("applySql() leaves the last record of each key when batches contain tombstones and are repeated", async () => {
  const random = seededRandom(readSeed());
  await withTable(async (client) => {
    const items = createItems(random, 1_000, (id) => id % 2, 0.3);
    const batches = divide(random, items);
    for (const [n, batch] of batches.entries()) {
      assert.equal(await apply(client, batch), 0);
      if (n % 5 === 4) { for (const again of batches.slice(n - 2, n + 1)) await apply(client, again); }
      const expected = replay(batches.slice(0, n + 1).flat());
      assert.deepEqual(await readItems(client), expected);
      // Values and tombstones that are older than the row of their key.
      const rows = new Map(expected.map((item) => [keyOf(item), item.offset]));
      const older = batches.slice(0, n).flat().filter((item) => item.offset < rows.get(keyOf(item))!);
      if (older.length > 0) await apply(client, older);
      assert.deepEqual(await readItems(client), expected);
    }
  });
});

Deno.test("applySql() counts keys in two partitions and stores the same rows in any order of the batches", async () => {
  const random = seededRandom(readSeed());
  await withTable(async (client) => {
    const items = createItems(random, 600, () => random.between(0, 1), 0);
    let conflicts = 0;
    const batches = divide(random, items).map((batch) => ({ batch, rank: random.next() }))
      .sort((a, b) => a.rank - b.rank);
    for (const { batch } of batches) conflicts += await apply(client, batch);
    assert.deepEqual(await readItems(client), replay(items));
    assert(conflicts > 100, `${conflicts} conflicts`);
  });
});

Deno.test("applySql() updates rows without a position, and the representation of a key", async () => {
  await withTable(async (client) => {
    await client.query(
      `INSERT INTO "Items" (id, "Region", value) VALUES (1.0, 'a', 'x'), (2.0, 'a', 'y'), (3.0, 'a', 'z')`,
    );
    const at = { region: "a", partition: 1, offset: 0 };
    assert.equal(
      await apply(client, [{ ...at, id: 1, value: "new" }, { ...at, id: 2, value: null, offset: 1 }]),
      0,
    );
    const { rows } = await client.query(`SELECT id::text, value, o FROM "Items" ORDER BY 1`);
    assert.deepEqual(rows, [{ id: "1", value: "new", o: "0" }, { id: "3.0", value: "z", o: null }]);
  });
});

Deno.test("createStagingSql() adds no rows to the catalog after the first batch of a session", async () => {
  await withTable(async (client) => {
    const apply1 = (offset: number) =>
      apply(client, [{ id: 1, region: "a", value: offset % 3 ? "x" : null, partition: 0, offset }]);
    const sizes = async () =>
      (await client.query(
        "SELECT (SELECT count(*) FROM pg_class) AS c, (SELECT count(*) FROM pg_attribute) AS a",
      )).rows;
    await apply1(0);
    const before = await sizes();
    for (let offset = 1; offset < 50; offset++) await apply1(offset);
    assert.deepEqual(await sizes(), before);
  });
});
