import assert from "assert";
import { Client } from "pg";
import fc from "fast-check";
import { startPostgres } from "../../local/servers/mod.ts";
import { readCatalog } from "../../shared/schema/catalog.ts";
import { createColumnType } from "../../shared/types/create_column_type.ts";
import type { TypeDescriptor } from "../../shared/types/type_descriptor.ts";
import { RowBuffer } from "../../shared/types/row_buffer.ts";
import { HOSTILE_VALUES } from "./hostile_values.ts";
import { Psql } from "./psql.ts";
import { type Sample, TYPE_CASES, type TypeCase } from "./type_cases.ts";

const SAMPLES = 500;

/** A text as in the text format of COPY. */
const copyText = (text: string) =>
  text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll("\r", "\\r").replaceAll("\t", "\\t");

/** Writes rows of an id and a value; returns the ids that were written, and the problems of the others. */
function writeRows(
  descriptor: TypeDescriptor,
  { options }: Pick<TypeCase, "options">,
  samples: readonly { readonly value: unknown }[],
) {
  const type = createColumnType(descriptor, options);
  const rows = new RowBuffer();
  const problems = new Map<number, string>();
  for (const [id, { value }] of samples.entries()) {
    const { length } = rows;
    rows.int16(2);
    rows.int32(4);
    rows.int32(id);
    const problem = type.write(value, rows);
    if (problem === undefined) continue;
    rows.length = length;
    problems.set(id, problem);
  }
  return { rows, problems };
}

/** Tables with an id and a column of each type. */
async function createTables(
  psql: Psql,
  types: readonly string[],
  prefix: string,
): Promise<readonly TypeDescriptor[]> {
  const names = types.map((_sql, index) => `${prefix}_${index}`);
  await psql.run(
    types.map((sql, i) => `CREATE TABLE ${names[i]} (id int PRIMARY KEY, value ${sql});\n`).join(""),
  );
  const client = new Client({ connectionString: psql.server.url(psql.database), ssl: false });
  await client.connect();
  try {
    const { tables } = await readCatalog(client, names);
    return names.map((name) => tables.get(name)!.columns.get("value")!.type!);
  } finally {
    await client.end();
  }
}

/** Compares a type's stored values with what PostgreSQL makes of the texts. */
async function compare(
  psql: Psql,
  name: string,
  descriptor: TypeDescriptor,
  typeCase: TypeCase,
  samples: readonly Sample[],
): Promise<void> {
  const { sql, expected = `text::${sql}`, storable = `pg_input_is_valid(text, '${sql}')` } = typeCase;
  const { rows, problems } = writeRows(descriptor, typeCase, samples);
  await psql.copy(name, rows);
  const data = samples.map(({ text }, id) => `${id}\t${copyText(text)}\n`).join("");
  const output = await psql.run(
    `CREATE TABLE ${name}_texts (id int, text text);\nCOPY ${name}_texts FROM STDIN;\n${data}\\.\n
     SELECT 'differs', text, t.value::text, (${expected})::text FROM ${name} t JOIN ${name}_texts USING (id)
     WHERE t.value::text IS DISTINCT FROM (${expected})::text;
     SELECT 'rejected', text, id FROM ${name}_texts WHERE id NOT IN (SELECT id FROM ${name}) AND (${storable});`,
  );
  const reasons = output.map((row) =>
    row.startsWith("rejected") ? `${row} ${problems.get(Number(row.split("\t").at(-1)))}` : row
  );
  assert.deepEqual(reasons.slice(0, 10), [], `${sql}: text, stored value, expected value`);
  assert.ok(rows.length > 0, "no value was stored");
}

Deno.test("write() stores what PostgreSQL's text input stores, or rejects it", async (t) => {
  await using server = await startPostgres({ kind: "embedded" });
  const psql = new Psql(server);
  await psql.run("CREATE TYPE mood AS ENUM ('sad', 'ok ä', 'it''s');");

  const descriptors = await createTables(psql, TYPE_CASES.map(({ sql }) => sql), "samples");
  for (const [index, typeCase] of TYPE_CASES.entries()) {
    const seed = Math.floor(Math.random() * 2 ** 31);
    const samples = fc.sample(typeCase.samples, { numRuns: SAMPLES, seed });
    await t.step(
      `${typeCase.sql} ${typeCase.options?.timeZone ?? ""} (seed ${seed})`,
      () => compare(psql, `samples_${index}`, descriptors[index]!, typeCase, samples),
    );
  }

  const scalars = [...new Set(TYPE_CASES.map(({ sql }) => sql).filter((sql) => !sql.endsWith("]"))), "mood"];
  const types = [...scalars, ...scalars.map((sql) => `${sql}[]`)];
  const hostile = await createTables(psql, types, "hostile");
  for (const [index, sql] of types.entries()) {
    await t.step(`${sql} rejects hostile values before PostgreSQL does`, async () => {
      const values = HOSTILE_VALUES.map((value) => ({ value: sql.endsWith("]") ? [value, null] : value }));
      const options = { epoch: "s", timeZone: "UTC" } as const;
      const { rows, problems } = writeRows(hostile[index]!, { options }, values);
      await psql.copy(`hostile_${index}`, rows);
      assert.ok(problems.size > 0 && problems.size < values.length);
    });
  }
});
