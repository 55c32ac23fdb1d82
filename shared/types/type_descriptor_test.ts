import assert from "assert";
import { parseType } from "./type_descriptor.ts";

Deno.test("parseType() prints types like format_type()", () => {
  const sql = (text: string) => parseType(text)?.sql;
  const expected = {
    INT: "integer",
    "float8 []": "double precision[]",
    "Double  Precision": "double precision",
    varchar: "character varying",
    "VARCHAR( 10 )[]": "character varying(10)[]",
    "character varying(3)": "character varying(3)",
    char: "character(1)",
    bpchar: "character",
    decimal: "numeric",
    "numeric( 12 , 2 )": "numeric(12,2)",
    "numeric(12)": "numeric(12,0)",
    "numeric(3,-2)": "numeric(3,-2)",
    timestamptz: "timestamp with time zone",
    "timestamp(3) with time zone": "timestamp(3) with time zone",
    "timestamp (0)": "timestamp(0) without time zone",
    "pg_catalog.int8": "bigint",
    Currency: "currency",
    'Sales . "Currency"[]': 'sales."Currency"[]',
    '"a ""b"': '"a ""b"',
  };
  for (const [text, type] of Object.entries(expected)) assert.equal(sql(text), type, text);
});

Deno.test("parseType() rejects modifiers of types without them, and other texts", () => {
  for (
    const text of [
      "",
      "integer(3)",
      "text(3)",
      "numeric(1,2,3)",
      "varchar(x)",
      "a b",
      "(3)",
      "a;b(",
      "currency(3)",
    ]
  ) {
    const type = parseType(text);
    assert.ok(type === undefined || (type.kind === "enum" && text === "a b"), text);
  }
});
