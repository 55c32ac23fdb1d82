import assert from "assert";
import { load, problemsOf } from "./load_fixture.ts";

/** DATABASE_URL, and the resulting settings or the problem. */
const URLS: [url: string, expected: Record<string, unknown> | RegExp][] = [
  [
    "postgres:///?host=a&port=1&user=b&password=c&dbname=d&options=-c%20geqo=off",
    /contains "=": write it as %3D/,
  ],
  [
    "postgres:///?host=a&port=1&user=b&password=c&dbname=d&options=-c%20geqo%3Doff",
    { PGHOST: "a", PGPORT: 1, PGUSER: "b", PGPASSWORD: "c", PGDATABASE: "d", PGOPTIONS: "-c geqo=off" },
  ],
  ["host=a port=1 user=b password='c d' dbname=d", {
    PGHOST: "a",
    PGPORT: 1,
    PGPASSWORD: "c d",
    PGDATABASE: "d",
  }],
  ["postgresql://[::1]:5/d", { PGHOST: "::1", PGPORT: 5 }],
  ["postgres://h/d?ssl=true", { PGSSLMODE: "require" }],
  ["postgres://h/d?ssl=false", /no parameter ssl\./],
  ["postgres://h/d?sslmode=verify-full&sslrootcert=system", {
    PGSSLMODE: "verify-full",
    PGSSLROOTCERT: "system",
  }],
  ["postgres://h/d?connect_timeout=0", { PGCONNECT_TIMEOUT: 0 }],
  ["postgres://h/d?connect_timeout=-1", { PGCONNECT_TIMEOUT: 0 }],
  ["postgres://h/d?channel_binding=prefer&target_session_attrs=any&gssencmode=disable", { PGHOST: "h" }],
  [
    "postgres://h/d?channel_binding=require",
    /DATABASE_URL \(environment\): channel_binding=require is not supported/,
  ],
  ["postgres://h/d?target_session_attrs=read-write", /target_session_attrs=read-write is not supported/],
  ["postgres://h/d?application_name=x", /application_name=x is not supported/],
  ["postgres://h/d?hostaddr=1.2.3.4", /hostaddr=1\.2\.3\.4 is not supported/],
  ["postgres://h/d?sslpassword=hunter2", /sslpassword is not supported/],
  ["postgres://h/d?service=x", /service=x is not supported/],
  ["postgres://h/d?sslmod=require", /no parameter sslmod\. Did you mean sslmode\?/],
  ["postgres://h1:1,h2:2/d", /PGHOST \(DATABASE_URL\) names several servers/],
  ["postgres://%2Fvar%2Frun/d", /PGHOST \(DATABASE_URL\) is a directory of Unix sockets/],
  [
    "postgres://u:hunter%zz@h/d",
    /password contains a % that is not followed by two hexadecimal digits: write it as %25/,
  ],
  ["postgres://u:hunter@2@h/d", /PGHOST \(DATABASE_URL\) is not a host name.*percent-encoded, @ as %40/],
  ["postgres://u:hunter/2@h/d", /PGPORT \(DATABASE_URL\) is not a whole number.*percent-encoded/],
  ["mysql://u:hunter2@h/d", /must begin with postgres:\/\//],
  ["hunter2", /is not a connection string/],
  ['"postgres://u:hunter2@h/d?sslmode=require"', /must begin with postgres:\/\/, without quotes/],
  [" postgres://u:hunter2@h/d?sslmode=require", /without quotes or spaces/],
  ["jdbc:postgresql://h/d?user=u&password=hunter2", /must begin with postgres:\/\//],
  ["postgresql+psycopg2://u:hunter2@h/d", /must begin with postgres:\/\//],
  ["postgres://h/d?schema=public", /no parameter schema\./],
];

for (const [url, expected] of URLS) {
  Deno.test(`loadSettings() ${expected instanceof RegExp ? "rejects" : "reads"} DATABASE_URL=${url}`, () => {
    if (expected instanceof RegExp) {
      const problems = problemsOf({ env: { DATABASE_URL: url } }).join("\n");
      assert.match(problems, expected);
      assert.doesNotMatch(problems, /hunter/);
    } else {
      const { settings } = load({ env: { DATABASE_URL: url } });
      assert.deepEqual(
        Object.fromEntries(Object.keys(expected).map((name) => [name, settings[name as "PGHOST"]])),
        expected,
      );
    }
  });
}

Deno.test("loadSettings() overrides DATABASE_URL when a setting has a higher precedence", () => {
  const url = "postgres://u@h:1/d";
  assert.equal(
    load({ args: ["--pghost", "f"], env: { DATABASE_URL: url, PGUSER: "e" } }).settings.PGHOST,
    "f",
  );
  assert.equal(
    load({ args: ["--pghost", "f"], env: { DATABASE_URL: url, PGUSER: "e" } }).settings.PGUSER,
    "u",
  );
  const files = { "res/host_settings.ini": `[postgresql]\ndsn = ${url}\nport = 2` };
  const { settings, origins } = load({ env: { PGHOST: "e" }, files });
  assert.deepEqual([settings.PGHOST, settings.PGPORT, settings.PGUSER], ["e", 1, "u"]);
  assert.equal(origins.PGUSER, "DATABASE_URL");
});
