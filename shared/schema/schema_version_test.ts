import assert from "assert";
import {
  incompatibleVersion,
  newerVersionWarning,
  parseSchemaVersion,
  SCHEMA_VERSION,
  withSchemaVersion,
} from "./schema_version.ts";

Deno.test("parseSchemaVersion() reads the result of withSchemaVersion() when the table had any comment", () => {
  for (
    const comment of [null, "", "owned by team data", "x schema version 1, compatible with 1", "line\nline"]
  ) {
    assert.deepEqual(parseSchemaVersion(withSchemaVersion(comment)), SCHEMA_VERSION);
  }
  assert.equal(parseSchemaVersion(null), undefined);
  assert.equal(parseSchemaVersion("schema version unknown"), undefined);
});

Deno.test("withSchemaVersion() keeps the operator's text and replaces a version", () => {
  const { version, compatibleWith } = SCHEMA_VERSION;
  const own = `schema version ${version}, compatible with ${compatibleWith}`;
  assert.equal(withSchemaVersion(null), own);
  assert.equal(withSchemaVersion("schema version 1, compatible with 1"), own);
  assert.equal(withSchemaVersion("team data. schema version 1, compatible with 1"), `team data. ${own}`);
});

Deno.test("newerVersionWarning() reports a newer schema, and incompatibleVersion() one that cannot be used", () => {
  const { version } = SCHEMA_VERSION;
  for (const found of [undefined, SCHEMA_VERSION, { version: 1, compatibleWith: 1 }]) {
    assert.deepEqual([incompatibleVersion(found), newerVersionWarning(found)], [undefined, undefined]);
  }
  const compatible = { version: version + 1, compatibleWith: version };
  assert.equal(incompatibleVersion(compatible), undefined);
  assert.match(
    newerVersionWarning(compatible)!,
    new RegExp(`schema version ${version + 1}, and this program's is ${version}.*Upgrade this program`),
  );
  assert.match(
    incompatibleVersion({ version: version + 2, compatibleWith: version + 1 })!,
    new RegExp(`schema version ${version + 2}`),
  );
});
