/**
 * A hand-written upsert of the same records with psql: COPY to a temporary table, then INSERT … ON CONFLICT.
 *
 * @module
 */
import type { KeyedRecord } from "./fill_keyed.ts";
import type { Bench } from "./servers.ts";

const COLUMNS = "id, owner, amount, note, kafka_partition, kafka_offset";

const MERGE = `INSERT INTO accounts AS t (${COLUMNS})
SELECT DISTINCT ON (id) ${COLUMNS} FROM batch ORDER BY id, kafka_offset DESC
ON CONFLICT (id) DO UPDATE SET owner = excluded.owner, amount = excluded.amount, note = excluded.note,
  kafka_partition = excluded.kafka_partition, kafka_offset = excluded.kafka_offset
WHERE t.kafka_offset < excluded.kafka_offset;`;

/** A script with one transaction per batch. */
function* scriptOf(records: readonly KeyedRecord[], batchRows: number): Generator<string> {
  yield `CREATE TEMP TABLE batch ON COMMIT DELETE ROWS AS SELECT ${COLUMNS} FROM accounts WITH NO DATA;\n`;
  for (let at = 0; at < records.length; at += batchRows) {
    const lines = records.slice(at, at + batchRows).map(({ id, owner, amount, note, partition, offset }) =>
      `${id}\t${owner}\t${amount}\t${note}\t${partition}\t${offset}\n`
    );
    yield `BEGIN;\nCOPY batch FROM STDIN;\n${lines.join("")}\\.\n${MERGE}\nCOMMIT;\n`;
  }
}

/**
 * Applies the records to the empty table `accounts`.
 *
 * @returns seconds; `undefined` if psql is not installed
 */
export async function measurePsqlUpsert(
  bench: Bench,
  records: readonly KeyedRecord[],
  batchRows: number,
): Promise<number | undefined> {
  const file = await Deno.makeTempFile({ suffix: ".sql" });
  try {
    const chunks = ReadableStream.from(scriptOf(records, batchRows)).pipeThrough(new TextEncoderStream());
    await Deno.writeFile(file, chunks);
    const started = performance.now();
    const { success, stderr } = await new Deno.Command("psql", {
      args: ["-qX", "-v", "ON_ERROR_STOP=1", "-f", file],
      env: { ...bench.env },
    }).output();
    if (!success) throw new Error(`psql failed:\n${new TextDecoder().decode(stderr)}`);
    return (performance.now() - started) / 1000;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    bench.log("baseline skipped: psql is not installed");
    return undefined;
  } finally {
    await Deno.remove(file);
  }
}
