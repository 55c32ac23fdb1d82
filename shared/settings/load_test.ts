import assert from "assert";
import fc from "fast-check";
import { SettingsError } from "./error.ts";
import { ALL, type Given, load, problemsOf } from "./load_fixture.ts";
import { flagOf } from "./setting.ts";
import { namesOf, SETTINGS } from "./table.ts";

Deno.test("loadSettings() returns the defaults when nothing is set", () => {
  const { settings, origins } = load({});
  assert.deepEqual(settings.KAFKA_BOOTSTRAP_SERVERS, ["localhost:9092"]);
  assert.equal(settings.PGDATABASE, "routes");
  assert.equal(settings.PRODUCER_START_TIME, undefined);
  assert.equal(origins.PGPORT, "default");
});

Deno.test("loadSettings() prefers flags to environment, INI file and defaults when several sources have a setting", () => {
  const files = { "res/host_settings.ini": "[postgresql]\nhost = ini\nport = 1\nuser = ini" };
  const { settings, origins } = load({
    args: ["--pghost", "flag"],
    env: { PGHOST: "env", PGPORT: "2" },
    files,
  });
  assert.deepEqual([settings.PGHOST, settings.PGPORT, settings.PGUSER], ["flag", 2, "ini"]);
  assert.deepEqual([origins.PGHOST, origins.PGPORT, origins.PGUSER, origins.PGDATABASE], [
    "--pghost",
    "environment",
    "res/host_settings.ini",
    "default",
  ]);
});

Deno.test("loadSettings() reads the INI file of the Python original when comments, case and %% occur", () => {
  const ini = `# comment
[kafka]
Bootstrap_Servers: kafka.example.com:12345
security_protocol = SSL
ssl_cafile = res/ssl/ca.pem
ssl_certfile = res/ssl/service.cert
ssl_keyfile = res/ssl/service.key
[postgresql]
host = pg.example.com
port = 23456
database = other
user = avnadmin
password = a;b#c=d%%"e
sslmode = require
color = red
`;
  const { settings, warnings } = load({ files: { "res/host_settings.ini": ini } });
  assert.deepEqual(settings.KAFKA_BOOTSTRAP_SERVERS, ["kafka.example.com:12345"]);
  assert.equal(settings.KAFKA_SSL_KEYFILE, "res/ssl/service.key");
  assert.equal(settings.PGPASSWORD, 'a;b#c=d%"e');
  assert.deepEqual([settings.PGPORT, settings.PGDATABASE, settings.PGSSLMODE], [23456, "other", "require"]);
  assert.equal(warnings.length, 2);
  assert.match(warnings[0]!, /PGSSLMODE=require .*does not verify/);
  assert.match(warnings[1]!, /color/);
});

Deno.test("loadSettings() reports all problems with name and value, but no secret, when several settings are invalid", () => {
  const problems = problemsOf({
    env: { PGPORT: "70000", PRODUCER_RATE: "-1", PGSSLMODE: "maybe", DATABASE_URL: "mysql://u:hunter2@h/d" },
  });
  assert.equal(problems.length, 4);
  for (const name of ["PGPORT", "PRODUCER_RATE", "PGSSLMODE", "DATABASE_URL"]) {
    assert.ok(problems.some((problem) => problem.startsWith(name)), `${name} in ${problems}`);
  }
  assert.match(problems.find((problem) => problem.startsWith("PGPORT"))!, /70000/);
  assert.ok(!problems.join().includes("hunter2"));
});

Deno.test("loadSettings() sets the PG… settings when DATABASE_URL has percent-encoding and parameters", () => {
  const { settings, origins } = load({
    env: {
      DATABASE_URL:
        "postgres://avn%40min:p%2Fw@pg.example.com:5433/routes?sslmode=verify-full&sslrootcert=res/ssl/ca.pem",
    },
  });
  const { PGHOST, PGPORT, PGUSER, PGPASSWORD, PGDATABASE, PGSSLMODE, PGSSLROOTCERT } = settings;
  assert.deepEqual([PGHOST, PGPORT, PGUSER, PGPASSWORD, PGDATABASE, PGSSLMODE, PGSSLROOTCERT], [
    "pg.example.com",
    5433,
    "avn@min",
    "p/w",
    "routes",
    "verify-full",
    "res/ssl/ca.pem",
  ]);
  assert.equal(origins.PGHOST, "DATABASE_URL");
});

Deno.test("loadSettings() reads a secret without its line feed when NAME_FILE names a file", () => {
  const { settings, origins } = load({
    env: { PGPASSWORD_FILE: "/run/secrets/pg" },
    files: { "/run/secrets/pg": "s3cret\n" },
  });
  assert.equal(settings.PGPASSWORD, "s3cret");
  assert.equal(origins.PGPASSWORD, "PGPASSWORD_FILE");
  assert.match(
    problemsOf({ env: { PGPASSWORD_FILE: "/gone" } })[0]!,
    /\PGPASSWORD_FILE.*\/gone.*no such file/,
  );
});

Deno.test("loadSettings() uses the default when a value is empty", () => {
  assert.equal(load({ env: { PGHOST: "", KAFKA_SSL_CAFILE: "" } }).settings.PGHOST, "localhost");
});

Deno.test("loadSettings() reports a problem when a flag is unknown or the file of HOST_SETTINGS is missing", () => {
  assert.match(problemsOf({ args: ["--color", "red"] })[0]!, /--color/);
  assert.equal(
    problemsOf({ args: ["--count", "-1"] })[0],
    "--count needs a value; write --count=-… if it starts with a dash.",
  );
  assert.match(problemsOf({ env: { HOST_SETTINGS: "res/other.ini" } })[0]!, /res\/other\.ini.*no such file/);
});

Deno.test("loadSettings() names flags and positions, but shows no value, when the command line is invalid", () => {
  const invalid: Record<string, RegExp> = {
    "hunter2": /^Argument 1 is not a flag/,
    "--count=3 -- hunter2": /^Argument 3 is not a flag/,
    "-phunter2": /^Argument 1 is not a flag/,
    "-hunter2": /^Argument 1 is not a flag/,
    "--=hunter2": /^Argument 1 is not a flag/,
    "--pgpasword=hunter2": /^Unknown flag --pgpasword\./,
    "--pgpasword hunter2": /^Unknown flag --pgpasword\..*\nArgument 2 /,
    "--no-count=hunter2": /^Unknown flag --no-count\./,
    "--until-caught-up=hunter2": /^--until-caught-up takes no value\./,
    "--pgpassword --hunter2": /^--pgpassword needs a value;/,
    "--count": /^--count needs a value;/,
  };
  for (const [line, message] of Object.entries(invalid)) {
    const problems = problemsOf({ args: line.split(" ") }).join("\n");
    assert.match(problems, message, line);
    assert.doesNotMatch(problems, /unter2|h u n/, line);
  }
  assert.equal(load({ args: ["--no-until-caught-up"] }).settings.CONSUMER_UNTIL_CAUGHT_UP, false);
});

Deno.test("loadSettings() accepts a flag without a value when the setting is boolean", () => {
  assert.equal(load({ args: ["--until-caught-up"] }).settings.CONSUMER_UNTIL_CAUGHT_UP, true);
  assert.equal(load({ env: { CONSUMER_UNTIL_CAUGHT_UP: "no" } }).settings.CONSUMER_UNTIL_CAUGHT_UP, false);
});

Deno.test("loadSettings() returns settings or throws a SettingsError without secrets when values are arbitrary", () => {
  const env = fc.dictionary(fc.constantFrom(...namesOf(ALL)), fc.string());
  fc.assert(fc.property(env, (env) => {
    try {
      load({ env });
    } catch (error) {
      assert.ok(error instanceof SettingsError);
      for (const [name, value] of Object.entries(env)) {
        const secret = "secret" in SETTINGS[name as keyof typeof SETTINGS];
        if (secret && value.length > 5) assert.ok(!error.message.includes(value), `${name} is shown`);
      }
    }
  }));
});

Deno.test("flagOf() returns a unique flag for every setting", () => {
  const flags = namesOf(ALL).map((name) => flagOf(name));
  assert.equal(new Set(flags).size, flags.length);
});

Deno.test("loadSettings() requires verify-full when PGSSLROOTCERT=system", () => {
  const system = { PGSSLROOTCERT: "system" };
  assert.equal(load({ env: system }).settings.PGSSLMODE, "verify-full");
  assert.deepEqual(problemsOf({ env: { ...system, PGSSLMODE: "verify-full" } }), []);
  for (const mode of ["disable", "allow", "prefer", "require", "verify-ca"]) {
    const [problem] = problemsOf({ env: { ...system, PGSSLMODE: mode } });
    assert.match(problem!, /PGSSLROOTCERT=system requires PGSSLMODE=verify-full, but PGSSLMODE=.* is weaker/);
  }
  assert.equal(load({}).settings.PGSSLMODE, "prefer");
});

Deno.test("loadSettings() suggests the nearest flag when a flag is unknown", () => {
  assert.match(problemsOf({ args: ["--pghots=h"] })[0]!, /^Unknown flag --pghots\. Did you mean --pghost\?/);
});

Deno.test("loadSettings() rejects a number when it is not decimal and finite", () => {
  const problems = (name: string, value: string) => problemsOf({ env: { [name]: value } });
  for (
    const value of ["Infinity", "-Infinity", "NaN", "1e400", "0x10", "0b1", "0o7", "1_000", "1,5", "5s", " "]
  ) {
    assert.equal(problems("PRODUCER_RATE", value).length, 1, `PRODUCER_RATE=${value}`);
    assert.equal(problems("PRODUCER_COUNT", value).length, 1, `PRODUCER_COUNT=${value}`);
  }
  for (const value of ["Infinity", "1e300", "-1", "253402300800"]) {
    assert.equal(problems("PRODUCER_START_TIME", value).length, 1, `PRODUCER_START_TIME=${value}`);
  }
  for (const value of ["1e3", "1.5", "9007199254740993"]) {
    assert.equal(problems("PRODUCER_COUNT", value).length, 1, `PRODUCER_COUNT=${value}`);
  }
  for (
    const [value, number] of Object.entries({
      "0.5": 0.5,
      ".5": 0.5,
      "5.": 5,
      "1e3": 1000,
      " 7 ": 7,
      "+2": 2,
      "-0": 0,
    })
  ) {
    assert.ok(Object.is(load({ env: { PRODUCER_RATE: value } }).settings.PRODUCER_RATE, number), value);
  }
});

Deno.test("loadSettings() skips a byte order mark, and rejects other encodings, when a secret is in a file", () => {
  const problemOrPassword = (text: string) => {
    const given = { env: { PGPASSWORD_FILE: "/run/secrets/pg" }, files: { "/run/secrets/pg": text } };
    return problemsOf(given)[0] ?? load(given).settings.PGPASSWORD;
  };
  assert.equal(problemOrPassword("\uFEFFs3cret\r\n"), "s3cret");
  assert.match(
    problemOrPassword("s3cr\uFFFDt"),
    /^PGPASSWORD_FILE: \/run\/secrets\/pg is not UTF-8 text/,
  );
});

Deno.test("loadSettings() reports a problem without the value when a path is the content of a file", () => {
  const pem = "-----BEGIN PRIVATE KEY-----\nMIIhunter2\n-----END PRIVATE KEY-----";
  for (
    const name of [
      "KAFKA_SSL_CAFILE",
      "KAFKA_SSL_CERTFILE",
      "KAFKA_SSL_KEYFILE",
      "PGSSLROOTCERT",
      "PGSSLKEY",
      "PGHOST",
    ]
  ) {
    const problems = problemsOf({ env: { [name]: pem, KAFKA_SECURITY_PROTOCOL: "SSL" } }).join();
    assert.match(problems, new RegExp(`${name} \\(environment\\) .*: \\(content of a file\\)`), name);
    assert.doesNotMatch(problems, /hunter2/);
  }
});

Deno.test("loadSettings() accepts an old name with a warning when the new name is not set", () => {
  const name = "CONSUMER_DECOMPRESSED_BATCH_MAX_BYTES", old = "CONSUMER_BATCH_INFLATED_BYTES_MAX";
  const cases: [given: Given, value: number, warnings: string[]][] = [
    [{ env: { [old]: "2000" } }, 2000, [`${old} is deprecated. Use ${name}.`]],
    [{ env: { [old]: "2000", [name]: "3000" } }, 3000, []],
    [
      { args: ["--batch-inflated-bytes-max=2000"], env: { [name]: "3000" } },
      2000,
      ["--batch-inflated-bytes-max is deprecated. Use --decompressed-batch-max-bytes."],
    ],
  ];
  for (const [given, value, expected] of cases) {
    const { settings, warnings } = load(given);
    assert.deepEqual([settings[name], warnings], [value, expected]);
  }
});
