import assert from "assert";
import { extentText, notFoundText, readKey } from "./key_search.ts";

const ROUTES = { key: "user_id", table: "routes_table", name: "routes", keyType: "integer" };

Deno.test("readKey() returns the text that PostgreSQL writes for a key", () => {
  const cases: [type: string, text: string, key: string][] = [
    ["integer", "007", "7"],
    ["bigint", "+9223372036854775807", "9223372036854775807"],
    ["smallint", "-0", "0"],
    ["uuid", "{A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11}", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"],
    ["uuid", "a0eebc999c0b4ef8bb6d6bb9bd380a11", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"],
    ["boolean", "T", "true"],
    ["numeric(5,2)", "1.50", "1.50"],
    ["date", "2026-12-31", "2026-12-31"],
    ["varchar(40)", "007", "007"],
    ["text", "a, 1", "a, 1"],
  ];
  for (const [keyType, text, key] of cases) {
    assert.deepEqual(readKey(text, { ...ROUTES, keyType }), { key }, `${keyType} ${text}`);
  }
});

Deno.test("readKey() returns the problem when a text is not of the key's type", () => {
  const cases: [type: string, text: string, kind: string][] = [
    ["integer", "abc", "an integer"],
    ["bigint", "1.5", "an integer"],
    ["double precision", "1,5", "a number"],
    ["uuid", "a0eebc99", "a UUID"],
    ["boolean", "maybe", "true or false"],
    ["date", "31.12.2026", "a date such as 2026-12-31"],
  ];
  for (const [keyType, text, kind] of cases) {
    assert.deepEqual(readKey(text, { ...ROUTES, keyType }), {
      problem: `“${text}” is not ${kind}: user_id of routes_table has the type ${keyType}.`,
    });
  }
});

Deno.test("notFoundText() says where a key was searched", () => {
  assert.equal(
    notFoundText("999", ROUTES, { extent: "all", searched: 500 }),
    "User 999 has no rows in routes_table (stream routes).",
  );
  assert.match(
    notFoundText("999", ROUTES, { extent: "latest", searched: 71_234 }),
    /^User 999 has no rows among the latest 71\.2 k of routes_table \(stream routes\) and a sample of earlier/,
  );
});

Deno.test("extentText() says which rows are shown", () => {
  assert.equal(extentText(2_000, "latest"), "The latest 2,000 rows");
  assert.equal(extentText(1, "all"), "The only row");
  assert.equal(extentText(12, "sample"), "12 rows of a sample");
  assert.equal(extentText(1, undefined), "The latest row");
});
