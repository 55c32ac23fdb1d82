/**
 * Generates records from the schema and the columns of a stream, for streams without a generator of their own.
 *
 * @module
 */
import { messageOf, PermanentError } from "../errors.ts";
import type { Random, Stream } from "../stream.ts";
import type { Draw, Generate } from "./draw.ts";
import { bindDeclaredTypes, declaredDescriptor } from "../schema/bind_stream.ts";
import { RowBuffer } from "../types/row_buffer.ts";
import { keyColumns, memberAt } from "./key_encoder.ts";
import { NodeCompiler } from "./nodes.ts";
import { createRandom } from "./random.ts";

/** Records of which one must be valid. Checks that relate members, such as refinements, accept only some of them. */
const ATTEMPTS_MAX = 200;

/** Time of values in key columns: fixed, so that the same key is generated again. */
const KEY_TIMESTAMP = 1_700_000_000;

export interface SchemaGeneratorOptions {
  readonly random: Random;
  /** Number of different keys. */
  readonly keys: number;
}

/**
 * Creates a generator of valid records.
 *
 * @returns a function of the record's time, Unix seconds; it throws a PermanentError if {@link ATTEMPTS_MAX} records were
 *   invalid
 * @throws {PermanentError} if the schema contains nodes whose values cannot be generated
 */
export function createSchemaGenerator(
  stream: Stream,
  { random, keys }: SchemaGeneratorOptions,
): (timestamp: number) => unknown {
  const names = keyColumns(stream);
  const compiler = new NodeCompiler({
    columns: stream.columns.flatMap((column) =>
      "path" in column ? [{ column, type: declaredDescriptor(stream, column) }] : []
    ),
    wrap: (column, generate) =>
      names.includes(column.name) ? (draw) => generate(keyDraw(stream, draw.entity)) : generate,
  });
  let generate: Generate;
  try {
    generate = compiler.compile(stream.schema);
  } catch (error) {
    throw problem(stream, messageOf(error));
  }
  const check = createCheck(stream);
  return (timestamp) => {
    let violation: string | undefined;
    for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
      const record = generate({ random, timestamp, entity: Math.floor(random() * keys) });
      violation = check(record);
      if (violation === undefined) return record;
    }
    throw problem(stream, `${ATTEMPTS_MAX} records were invalid, the last one because of ${violation}`);
  };
}

/** Creates a function that returns why a record is invalid, if it is: it violates the schema or does not fit the columns. */
function createCheck(stream: Stream): (record: unknown) => string | undefined {
  const { types } = bindDeclaredTypes(stream);
  const row = new RowBuffer();
  return (record) => {
    const { data, error } = stream.schema.safeParse(record);
    if (error) {
      return error.issues.map(({ path, message }) => `${path.join(".") || "record"}: ${message}`).join("; ");
    }
    for (const [c, column] of stream.columns.entries()) {
      row.length = 0;
      const violation = "path" in column ? types[c]!.write(memberAt(data, column), row) : undefined;
      if (violation !== undefined) return `column ${column.name}: ${violation}`;
    }
    return undefined;
  };
}

const problem = ({ name }: Stream, cause: string) =>
  new PermanentError({
    action: `Cannot generate records of the stream ${name}`,
    code: "NO_GENERATOR",
    cause,
    remedy: "Define a generator in the stream, or mark it as consumeOnly.",
  });

/** The same draws for the same key. */
function keyDraw({ name }: Stream, entity: number): Draw {
  let random: Random | undefined;
  return {
    random: () => (random ??= createRandom("keys", `${name} ${entity}`))(),
    timestamp: KEY_TIMESTAMP,
    entity,
    key: entity,
  };
}
