import assert from "assert";
import type { StreamFile } from "../../shared/stream_files/file_format.ts";
import { scenario } from "../harness/scenario.ts";
import { streamDirectory } from "../harness/stream_file.ts";
import { waitUntil } from "../harness/wait.ts";
import { CHROMIUM, OpenPage } from "./browser.ts";
import { Events, startDashboard } from "./dashboard.ts";

const LONG = "x".repeat(10_000);

/** A stream without numbers, whose table has a quoted name. */
const ITEMS: StreamFile = {
  about: "the latest state of items",
  topic: "items",
  table: '"Shop"."All Items"',
  schema: {
    type: "object",
    required: ["id"],
    properties: {
      id: { type: "string" },
      note: { type: ["string", "null"] },
      data: { type: "object" },
      changedAt: { type: "string", format: "date-time" },
    },
  },
  columns: {
    id: { type: "text" },
    note: { type: "text" },
    data: { type: "jsonb" },
    "changed at": { path: "/changedAt" },
  },
  key: "id",
  write: { mode: "upsert", key: ["id"], tombstones: "delete" },
};

const TABLE = 'CREATE SCHEMA "Shop"; CREATE TABLE "Shop"."All Items" ' +
  '(id text PRIMARY KEY, note text, data jsonb, "changed at" timestamptz, kafka_partition integer, kafka_offset bigint)';

const UPSERT = 'INSERT INTO "Shop"."All Items" VALUES ($1, $2, $3, $4, 0, 1) ' +
  'ON CONFLICT (id) DO UPDATE SET (note, data, "changed at") = (excluded.note, excluded.data, excluded."changed at")';

scenario({
  name: "dashboard shows the latest row of each key of any type when rows are updated and deleted in place",
  failure: "Updates to an earlier time, NULL, a value of 10 kB, DELETE",
  result: "Pages receive each new version of a row and the keys of deleted rows",
  services: "process",
  // Excludes the browser process and its pipes from the sanitizers.
  restartsServers: true,
}, async (s) => {
  const directory = s.use(streamDirectory("items", ITEMS));
  await s.database.create();
  await s.database.query(TABLE);
  const upsert = (...values: (string | null)[]) => s.database.query(UPSERT, values);
  for (let n = 0; n < 30; n++) await upsert(`item ${n}`, "first", "{}", "2026-01-02T00:00:00Z");
  const { url } = await startDashboard(s, [], directory.settings);
  const events = s.use(new Events(url));
  const rows = () => events.rows("items") as unknown as (string | number | null)[][];
  await waitUntil("the first rows", () => rows().length === 30);
  await upsert("item 7", null, JSON.stringify({ text: LONG }), "2026-01-01T00:00:00Z");
  const updated = await waitUntil("the update", () => rows().find(([key], i) => key === "item 7" && i >= 30));
  assert.deepEqual(updated.slice(0, 3), ["item 7", Date.UTC(2026, 0, 1) / 1000, null]);
  assert.equal((updated[3] as string).length, 200);
  const found = await (await fetch(`${url}/api/rows?stream=items&key=item%207`)).json();
  assert.deepEqual(found.rows, [updated]);

  if (CHROMIUM !== undefined) {
    await using browser = await OpenPage.open();
    await browser.page.goto(url);
    await waitUntil("the rows", async () => (await browser.page.locator("#streams tbody tr").count()) === 30);
    assert.match(await browser.text("#streams tbody tr:nth-child(8)"), /^item 7.*NULL\{"text": "x+…?/);
    assert.equal(await browser.page.locator("#map-panel").isVisible(), false);
    await upsert("item 9", "no time", null, null);
    const row = () => browser.text("#streams tbody tr:nth-child(10)");
    await waitUntil("a row without a time", async () => /^item 9NULLno timeNULL/.test(await row()));
    await s.database.query(`DELETE FROM "Shop"."All Items" WHERE id = 'item 7'`);
    await waitUntil(
      "the deletion",
      async () => (await browser.page.locator("#streams tbody tr").count()) === 29,
    );
    assert.deepEqual(browser.errors, []);
  }
  await s.database.query(`DELETE FROM "Shop"."All Items" WHERE id = 'item 8'`);
  await waitUntil(
    "the key of the deleted row",
    () => events.messages.some(({ data }) => data.deleted?.items?.includes("item 8")),
  );
});
