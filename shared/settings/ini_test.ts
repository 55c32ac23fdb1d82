import assert from "assert";
import fc from "fast-check";
import { IniError, parseIni } from "./ini.ts";

/** The value of each option, or the name of the error of reading it; or the name of the parser's error. */
type Reading = string | Record<string, Record<string, string | { error: string }>>;

function readIni(text: string): Reading {
  const attempt = <T>(read: () => T): T | { error: string } => {
    try {
      return read();
    } catch (error) {
      assert.ok(error instanceof IniError, `${error}`);
      return { error: error.code };
    }
  };
  const ini = attempt(() => parseIni(text));
  if ("error" in ini) return ini.error;
  return Object.fromEntries([...ini.sections.keys()].map((section) => [
    section,
    Object.fromEntries(
      ini.optionsOf(section).map((option) => [option, attempt(() => ini.get(section, option)!)]),
    ),
  ]));
}

/** Reads a JSON array of texts from standard input, and prints the readings of configparser. */
const PYTHON = `
import configparser, io, json, sys
def read(text):
    parser = configparser.ConfigParser()
    try:
        parser.read_file(io.StringIO(text, newline=None))
    except configparser.Error as error:
        return type(error).__name__
    result = {}
    for section in parser.sections():
        result[section] = {}
        for option in parser.options(section):
            try:
                result[section][option] = parser.get(section, option)
            except configparser.Error as error:
                result[section][option] = {"error": type(error).__name__}
    return result
json.dump([read(text) for text in json.load(sys.stdin)], sys.stdout)
`;

/** The readings of Python's configparser; `undefined` if Python is not installed. */
async function pythonReadings(texts: readonly string[]): Promise<Reading[] | undefined> {
  let python: Deno.ChildProcess;
  try {
    python = new Deno.Command("python3", {
      args: ["-c", PYTHON],
      env: { PYTHONUTF8: "1" },
      stdin: "piped",
      stdout: "piped",
    }).spawn();
  } catch {
    console.warn("python3 is not installed: skipped the comparison with configparser");
    return undefined;
  }
  const writer = python.stdin.getWriter();
  const output = python.output();
  await writer.write(new TextEncoder().encode(JSON.stringify(texts)));
  await writer.close();
  const { success, stdout } = await output;
  assert.ok(success);
  return JSON.parse(new TextDecoder().decode(stdout));
}

/** Generates INI files, most of them valid. */
const anyFile = (() => {
  const name = fc.constantFrom("host", "Port", "a b", "password", "x", "é", "İ");
  const space = fc.constantFrom("", "", " ", "\t", "  ", "\u00a0", "\f", "\x1f");
  const reference = name.map((name) => `%(${name})s`);
  const word = fc.oneof(
    fc.constantFrom(
      "v",
      "h:1",
      "a=b",
      "%%",
      "%",
      "%(",
      "%(x",
      "%(x)",
      "%(X)s",
      '"q"',
      "#c",
      ";c",
      "[s]",
      "é\u2028z",
    ),
    reference,
  );
  const value = fc.array(word, { maxLength: 3 }).map((words) => words.join(""));
  const option = fc.tuple(space, name, space, fc.constantFrom("=", ":", "==", " = "), space, value, space)
    .map((parts) => parts.join(""));
  const header = fc.tuple(
    space,
    fc.constantFrom("[a]", "[b]", "[DEFAULT]", "[a] x", "[c", "[]", "[[d]]", "[a b]"),
  )
    .map((parts) => parts.join(""));
  const line = fc.oneof(
    { weight: 6, arbitrary: option },
    {
      weight: 2,
      arbitrary: fc.tuple(fc.constantFrom(" ", "  ", "\t", "\u3000"), value).map((p) => p.join("")),
    },
    { weight: 2, arbitrary: header },
    { weight: 2, arbitrary: fc.constantFrom("", " ", "# c", " ; c", "x", "= v", ": v", "x # = c") },
    {
      weight: 1,
      arbitrary: fc.string({ unit: "binary", maxLength: 6 }).filter((text) => text.isWellFormed()),
    },
  );
  return fc.tuple(
    fc.constantFrom("[a]\n", "[DEFAULT]\n", ""),
    fc.array(fc.tuple(line, fc.constantFrom("\n", "\n", "\r\n", "\r"))),
  )
    .map(([first, lines]) => first + lines.flat().join(""))
    .filter((text) => !text.startsWith("\uFEFF"));
})();

Deno.test("parseIni() returns the values and errors of Python's configparser when files are generated", async () => {
  const texts = fc.sample(anyFile, 3_000);
  const expected = await pythonReadings(texts);
  if (expected === undefined) return;
  for (const [index, text] of texts.entries()) {
    assert.deepEqual(readIni(text), expected[index], JSON.stringify(text));
  }
  // Some files are valid, and every error occurs.
  const found = new Set(expected.flatMap((each) => typeof each === "string" ? [each] : ["read"]));
  const inValues = JSON.stringify(expected);
  for (
    const name of [
      "read",
      "MissingSectionHeaderError",
      "DuplicateSectionError",
      "DuplicateOptionError",
      "ParsingError",
    ]
  ) {
    assert.ok(found.has(name), name);
  }
  for (const name of ["Syntax", "MissingOption", "Depth"]) {
    assert.ok(inValues.includes(`Interpolation${name}Error`), name);
  }
});

const READINGS: [about: string, text: string, reading: Reading][] = [
  ["%% and %(option)s", "[a]\nhost = h\nurl = %(HOST)s:%%2F", { a: { host: "h", url: "h:%2F" } }],
  ["a continued value", "[a]\ns =\n  h1:1\n\n  # no value\n  h2:2\n", { a: { s: "\nh1:1\n\nh2:2" } }],
  ["[DEFAULT]", "[DEFAULT]\nh = d\n[a]\nx = %(h)s", { a: { x: "d", h: "d" } }],
  ["a second delimiter", "[a]\nhost == h\nport := 1", { a: { host: "= h", port: "= 1" } }],
  ["quotes, # and ; in a value", `[a]\np = "a;b#c" # d`, { a: { p: `"a;b#c" # d` } }],
  ["a byte order mark and CRLF", "\uFEFF[a]\r\nx = 1\r\n", { a: { x: "1" } }],
  ["an option without a value", "[a]\nx", "ParsingError"],
  ["an option before the first section", "x = 1\n[a]", "MissingSectionHeaderError"],
  ["a duplicate section", "[a]\n[a]", "DuplicateSectionError"],
  ["a duplicate option in another case", "[a]\nx = 1\nX = 1", "DuplicateOptionError"],
  ["a single %", "[a]\nx = 5%", { a: { x: { error: "InterpolationSyntaxError" } } }],
  ["a reference to a missing option", "[a]\nx = %(y)s", {
    a: { x: { error: "InterpolationMissingOptionError" } },
  }],
  ["a circular reference", "[a]\nx = %(x)s", { a: { x: { error: "InterpolationDepthError" } } }],
];

for (const [about, text, reading] of READINGS) {
  Deno.test(`parseIni() returns the result of configparser when a file has ${about}`, () => {
    assert.deepEqual(readIni(text), reading);
  });
}

Deno.test("parseIni() names every line that is not an option", () => {
  assert.throws(() => parseIni("[a]\nx\ny = 1\nz\n"), /lines 2, 4: not an option\. Write "name = value"/i);
});
