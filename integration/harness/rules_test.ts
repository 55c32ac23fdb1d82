import assert from "assert";
import { HOSTILE_VALUES } from "./hostile_values.ts";
import { BATTERY, expectedRow, ROUTES } from "./rules.ts";

const row = (text: string, rules = ROUTES) => expectedRow(rules, new TextEncoder().encode(text));

Deno.test("expectedRow() returns the row when the record is valid", () => {
  assert.deepEqual(row('{"userID":3,"timestamp":1.5,"coordinates":[-90,180],"more":{}}'), [3, 1.5, -90, 180]);
  assert.deepEqual(row('{"userId":3,"timestamp":0,"coordinates":[-0,1e-400]}'), [3, 0, -0, 0]);
  assert.deepEqual(row('{"userID":-0,"timestamp":2,"level":1}', BATTERY), [0, 2, 1]);
});

Deno.test("expectedRow() returns undefined when the record violates a rule", () => {
  for (
    const text of [
      "",
      "[]",
      "null",
      "{}",
      '{"userID":2147483648,"timestamp":1,"coordinates":[1,1]}',
      '{"userID":1.5,"timestamp":1,"coordinates":[1,1]}',
      '{"userID":"1","userId":1,"timestamp":1,"coordinates":[1,1]}',
      '{"userID":1,"timestamp":-1,"coordinates":[1,1]}',
      '{"userID":1,"timestamp":1e400,"coordinates":[1,1]}',
      '{"userID":1,"timestamp":1,"coordinates":[90.1,1]}',
      '{"userID":1,"timestamp":1,"coordinates":[1,1,1]}',
      '{"userID":1,"timestamp":1,"coordinates":["1",1]}',
      '{"userID":1,"timestamp":1,"coordinates":[1,1],"a":1,"a":1}',
      `{"userID":1,"timestamp":1,"coordinates":[1,1],"a":${"[".repeat(101)}${"]".repeat(101)}}`,
      '\uFEFF{"userID":1,"timestamp":1,"coordinates":[1,1]}',
    ]
  ) assert.equal(row(text), undefined, text);
  assert.equal(row('{"userID":1,"timestamp":1,"level":1.01}', BATTERY), undefined);
  assert.equal(expectedRow(ROUTES, null), undefined);
  assert.equal(expectedRow(ROUTES, Uint8Array.of(0xff)), undefined);
});

Deno.test("expectedRow() returns the row in HOSTILE_VALUES for each of them", () => {
  assert.equal(new Set(HOSTILE_VALUES.map(({ kind }) => kind)).size, HOSTILE_VALUES.length, "kinds differ");
  for (const hostile of HOSTILE_VALUES) {
    const { kind, value } = hostile;
    const given = typeof value === "string" ? new TextEncoder().encode(value) : value;
    assert.deepEqual(expectedRow(ROUTES, given), "row" in hostile ? hostile.row : undefined, kind);
  }
});
