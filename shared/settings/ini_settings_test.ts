import assert from "assert";
import { load, problemsOf, sources } from "./load_fixture.ts";
import { loadSettings } from "./load.ts";

Deno.test("loadSettings() reads keys of kafka-python and libpq when host_settings.ini has them", () => {
  const ini = `[DEFAULT]
folder = res/ssl
[kafka]
bootstrap_servers =
  a.example.com:1
  b.example.com:2
ssl_cafile = %(folder)s/ca.pem
group_id = mine
session_timeout_ms = 9000
request_timeout_ms = 8000
linger_ms = 7
compression_type = gzip
fetch_max_bytes = 6000
auto_offset_reset = earliest
[postgresql]
uri = postgres://me:p%%25w@db:5/d?sslmode=disable
options = -c work_mem=8MB
`;
  const { settings, warnings } = load({ files: { "res/host_settings.ini": ini } });
  assert.deepEqual(settings.KAFKA_BOOTSTRAP_SERVERS, ["a.example.com:1", "b.example.com:2"]);
  assert.equal(settings.KAFKA_SSL_CAFILE, "res/ssl/ca.pem");
  assert.equal(settings.CONSUMER_GROUP_ID, "mine");
  assert.equal(settings.CONSUMER_SESSION_TIMEOUT_MS, 9000);
  assert.equal(settings.KAFKA_REQUEST_TIMEOUT_MS, 8000);
  assert.equal(settings.PRODUCER_LINGER_MS, 7);
  assert.equal(settings.PRODUCER_COMPRESSION, "gzip");
  assert.equal(settings.CONSUMER_FETCH_BYTES, 6000);
  assert.deepEqual([settings.PGHOST, settings.PGPORT, settings.PGUSER], ["db", 5, "me"]);
  assert.equal(settings.PGOPTIONS, "-c work_mem=8MB");
  assert.deepEqual(warnings, [
    "KAFKA_SECURITY_PROTOCOL is not set; using SSL because of KAFKA_SSL_CAFILE (res/host_settings.ini). Set it to remove this warning.",
  ]);
});

Deno.test("loadSettings() reports unknown and unsupported keys of host_settings.ini, with the nearest name", () => {
  const warningsOf = (ini: string) => load({ files: { "res/host_settings.ini": ini } }).warnings.join("\n");
  const warned: [ini: string, warning: RegExp][] = [
    [
      "[Kafka]\nbootstrap_servers = h",
      /Unknown section \[Kafka\] ignored\. Did you mean \[kafka\]\?/,
    ],
    ["[postgres]\nhost = h", /\[postgres\].*Did you mean \[postgresql\]\?/],
    ["[kafka]\nbootstrap_server = h", /\[kafka\] bootstrap_server .*Did you mean bootstrap_servers\?/],
    ["[kafka]\nsecurity.protocol = SSL", /\[kafka\] security.protocol .*Did you mean security_protocol\?/],
    ["[postgresql]\nusername = me", /Unknown key \[postgresql\] username ignored/],
    ["[postgresql]\nsslrootcrt = x", /Did you mean sslrootcert\?/],
    ["[kafka]\nmax_poll_records = 5", /\[kafka\] max_poll_records has no effect/],
    ["[DEFAULT]\nhots = h", /Unknown key \[DEFAULT\] hots ignored\. Did you mean host\?/],
  ];
  for (const [ini, warning] of warned) assert.match(warningsOf(ini), warning, ini);
  assert.equal(warningsOf("[DEFAULT]\nhost = h\n[postgresql]\nport = 1\n[kafka]\ngroup_id = g"), "");

  const unsupported: [ini: string, problem: RegExp][] = [
    ["[kafka]\nauto_offset_reset = latest", /auto_offset_reset=latest is not supported.*earliest/],
    ["[kafka]\nssl_check_hostname = False", /ssl_check_hostname=False is not supported/],
    ["[kafka]\nssl_password = hunter2", /ssl_password is not supported.*openssl pkey/],
    ["[postgresql]\nchannel_binding = require", /\[postgresql\] channel_binding=require is not supported/],
    [
      "[postgresql]\ndbname = a\ndatabase = b",
      /dbname and database are the same setting with different values/,
    ],
    [
      "[postgresql]\npassword = hunter2%",
      /^res\/host_settings\.ini, \[postgresql\] password: .*must be written %%/,
    ],
    ["[postgresql]\nhost == h", /^PGHOST \(res\/host_settings\.ini\) is not a host name.*"= h"/],
    ['[postgresql]\nhost = "h"', /^PGHOST .*without port, brackets and quotes/],
    ["[kafka]\nbootstrap_servers", /^res\/host_settings\.ini, line 2: not an option.*"name = value"/],
    ["[kafka]\ngroup_id = \uFFFD", /not UTF-8 text/],
  ];
  for (const [ini, problem] of unsupported) {
    const problems = problemsOf({ files: { "res/host_settings.ini": ini } });
    assert.equal(problems.length, 1, `${ini}: ${problems}`);
    assert.match(problems[0]!, problem);
    assert.doesNotMatch(problems[0]!, /hunter2/);
  }
});

Deno.test("loadSettings() reports nothing when the program does not read the settings of a section", () => {
  const files = {
    "res/host_settings.ini": "[postgresql]\nchannel_binding = require\nhost = %\n[kafka]\ngroup_id = g",
  };
  assert.deepEqual(loadSettings(["kafka", "producer"], sources({ files })).warnings, []);
});
