import assert from "assert";
import type { Metadata } from "../stream.ts";
import { parseType } from "../types/type_descriptor.ts";
import { isConvertible } from "./type_family.ts";

const check = (type: string, actual: string) =>
  isConvertible({ name: "c", type, path: ["c"] }, parseType(actual)!);

Deno.test("isConvertible() is true within numbers, texts, times and JSON, also in arrays", () => {
  for (
    const [declared, actual] of [
      ["integer", "bigint"],
      ["bigint", "numeric(20,3)"],
      ["double precision", "real"],
      ["text", "varchar(3)"],
      ["text", "uuid"],
      ["currency", "text"],
      ["varchar[]", "currency[]"],
      ["timestamptz", "date"],
      ["json", "jsonb"],
      ["smallint[]", "bigint[]"],
    ] as const
  ) assert(check(declared, actual), `${declared}, ${actual}`);
});

Deno.test("isConvertible() is false between kinds of values", () => {
  for (
    const [declared, actual] of [
      ["integer", "text"],
      ["text", "integer"],
      ["text", "text[]"],
      ["text[]", "integer[]"],
      ["boolean", "integer"],
      ["bytea", "text"],
      ["jsonb", "text"],
      ["date", "text"],
    ] as const
  ) assert(!check(declared, actual), `${declared}, ${actual}`);
});

Deno.test("isConvertible() is true for a key in bytea, text and jsonb, and for times as numbers", () => {
  const metadata = (metadata: Metadata, actual: string) =>
    isConvertible({ name: "c", metadata }, parseType(actual)!);
  assert(["bytea", "text", "jsonb"].every((actual) => metadata("key", actual)));
  assert(["timestamptz", "bigint"].every((actual) => metadata("timestamp", actual)));
  assert(metadata("offset", "numeric"));
  assert(!metadata("offset", "text"));
  assert(!metadata("key", "integer"));
});
