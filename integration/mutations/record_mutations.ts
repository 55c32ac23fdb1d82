/**
 * Mutations of the guards of records: validity, exact numbers, and the latest record of a key.
 *
 * @module
 */
import type { Mutation } from "./mutation.ts";

export const RECORD_MUTATIONS: readonly Mutation[] = [
  {
    name: "schema-not-applied",
    why: "Only the schema decides on validity: a record that it rejects must not be stored.",
    file: "shared/codec/general_path.ts",
    find: "if (validation.rejection) return validation.rejection;",
    replace: "",
    test: "shared/codec/row_decoder_test.ts",
    filter: "passes exact numbers where the schema has nodes for them",
  },
  {
    name: "fast-path-ignores-refinements",
    why: "Only the schema can decide on a refinement of an object, in any serialization.",
    file: "shared/codec/plan.ts",
    find: "hasDefault || hasChecks(inner) ||",
    replace: "hasDefault ||",
    test: "shared/codec/fast_path_test.ts",
    filter: "as the schema does",
  },
  {
    name: "layout-accepts-duplicates",
    why: "A record with a member twice must be rejected in every layout.",
    file: "shared/codec/structure_reader.ts",
    find: "if (isPresent[m] === 1) return -1;",
    replace: "",
    test: "shared/codec/fast_path_test.ts",
    filter: "as the schema does",
  },
  {
    name: "decimals-through-doubles",
    why: "Numbers that a double cannot represent must be stored exactly.",
    file: "shared/codec/exact_numbers.ts",
    find: "decimalLimits(schema as z.ZodType) !== undefined;",
    replace: "false && schema !== undefined;",
    test: "shared/codec/row_decoder_test.ts",
    filter: "passes exact numbers where the schema has nodes for them",
  },
  {
    name: "upsert-of-older-record",
    why: "A row changes only for a record with a higher offset: a replay must not bring back an older state.",
    file: "shared/schema/upsert_sql.ts",
    find: "WHERE ${isNewer(t, `excluded.${t.offset}`, `excluded.${t.partition}`)}`;",
    replace: "`;",
    test: "integration/scenarios/upsert_statements_test.ts",
    filter: "stores the same rows in any order of the batches",
  },
  {
    name: "upsert-of-first-record",
    why: "The last record of a key in a batch is its state.",
    file: "shared/schema/upsert_sql.ts",
    find: "`${t.offset} DESC`",
    replace: "t.offset",
    test: "integration/scenarios/upsert_statements_test.ts",
    filter: "leaves the last record of each key",
  },
  {
    name: "null-in-key",
    why: "A record without a key cannot be found again: it must be rejected.",
    file: "shared/codec/upsert_decoder.ts",
    find: "if (length < 0 && isKey[c]) return c;",
    replace: "",
    test: "shared/codec/upsert_decoder_test.ts",
    filter: "rejects a record when a key column is null or absent",
  },
  {
    name: "rounded-numeric",
    why: "A numeric(p,s) column must not store a number with fewer digits than the record has.",
    file: "shared/types/numeric.ts",
    find: "if (number.first >= 0 && significantScale(number) > scale) {",
    replace: "if (false) {",
    test: "shared/types/create_column_type_test.ts",
    filter: "rejects values that would lose digits",
  },
  {
    name: "ignored-offset",
    why: "PostgreSQL ignores the offset of a timestamp; the consumer must not store another time.",
    file: "shared/types/timestamps.ts",
    find: "if (parsed.offset) {",
    replace: "if (false) {",
    test: "shared/types/timestamps_test.ts",
    filter: "write() of timestamp and date",
  },
  {
    name: "unchecked-encoding",
    why: "Text that the database's encoding does not have must be rejected before it fails a whole batch.",
    file: "shared/types/character_set.ts",
    find: 'if (character <= "\\x7f" || characters.has(character)) continue;',
    replace: "continue;",
    test: "shared/types/create_column_type_test.ts",
    filter: "rejects characters that the server encoding does not have",
  },
];
