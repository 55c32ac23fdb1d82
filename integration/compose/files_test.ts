import assert from "assert";
import { join } from "node:path";
import { PROJECT } from "../harness/project.ts";
import { loadSettings } from "../../shared/settings/load.ts";
import { SETTINGS } from "../../shared/settings/table.ts";
import type { Setting } from "../../shared/settings/setting.ts";
import { fillIn, namesIn, withClientCertificate } from "./env_file.ts";
import { ALL } from "../../shared/settings/load_fixture.ts";

const read = (path: string) => Deno.readTextFileSync(join(PROJECT, path));
const EXAMPLES = ["res/local.env", "res/aiven.env.example"];

for (const path of EXAMPLES) {
  Deno.test(`${path} contains only settings and variables of compose.yaml`, () => {
    const settings = Object.entries(SETTINGS as Record<string, Setting>)
      .flatMap(([name, { secret }]) => secret ? [name, `${name}_FILE`] : [name]);
    const ofCompose = [...read("compose.yaml").matchAll(/\$\{([A-Z_]+)/g)].map(([, name]) => name!);
    const known = new Set([...settings, ...ofCompose]);
    assert.deepEqual(namesIn(read(path)).filter((name) => !known.has(name)), []);
  });

  Deno.test(`${path} has the same values for deno --env-file and for a shell`, async () => {
    const names = Object.keys(variables(read(path)));
    const print = `console.log(JSON.stringify(Object.fromEntries(${
      JSON.stringify(names)
    }.map((name) => [name, Deno.env.get(name)]))))`;
    const byDeno = await output(Deno.execPath(), ["eval", `--env-file=${path}`, print]);
    const byShell = await output("sh", [
      "-c",
      'set -a; . "$1"; exec "$2" eval "$3"',
      "sh",
      `./${path}`,
      Deno.execPath(),
      print,
    ]);
    assert.deepEqual(JSON.parse(byDeno), variables(read(path)));
    assert.deepEqual(JSON.parse(byShell), variables(read(path)));
  });
}

Deno.test("res/local.env contains the defaults of compose.yaml", () => {
  const compose = read("compose.yaml");
  for (const [name, value] of Object.entries(variables(read("res/local.env")))) {
    const setting = (SETTINGS as Record<string, Setting>)[name];
    const fallback = setting?.default ?? compose.match(new RegExp(`\\$\\{${name}:-([^}]*)\\}`))?.[1];
    assert.equal(value, fallback, name);
  }
});

Deno.test("README.md and compose.yaml name the variables of the published ports", () => {
  const published = /127\.0\.0\.1:\$\{([A-Z_]+):-(\d+)\}/g;
  const compose = read("compose.yaml"), readme = read("README.md");
  const ports = [...compose.matchAll(published)].filter(([, , port]) => !["9090", "3000"].includes(port!));
  assert.equal(ports.length, 3);
  for (const [, name, port] of ports) {
    assert.match(readme, new RegExp(`\`${name}\` \\(${port}\\)`));
    assert.match(compose, new RegExp(`^#.*${name}[\\s#]+\\(${port}\\)`, "m"));
  }
});

Deno.test("res/aiven.env.example contains valid settings with SASL over TLS, verify-full and limits of the free plan", () => {
  const env = variables(read("res/aiven.env.example"));
  const { settings, warnings } = load((name) => env[name]);
  assert.deepEqual(warnings, []);
  assert.equal(settings.KAFKA_SECURITY_PROTOCOL, "SASL_SSL");
  assert.equal(settings.KAFKA_SASL_PLAIN_USERNAME, "avnadmin");
  assert.equal(settings.KAFKA_SSL_CAFILE, "res/ssl/ca.pem");
  assert.equal(settings.KAFKA_TOPIC_PARTITIONS, 2);
  assert.equal(settings.PGSSLMODE, "verify-full");
  assert.equal(settings.PGSSLROOTCERT, "res/ssl/ca.pem");
  assert.equal(settings.PGDATABASE, "routes");
});

Deno.test("res/aiven.env.example contains valid settings with mutual TLS when its lines for certificates are used", () => {
  const env = variables(withClientCertificate(read("res/aiven.env.example")));
  const { settings, warnings } = load((name) => env[name]);
  assert.deepEqual(warnings, []);
  assert.equal(settings.KAFKA_SECURITY_PROTOCOL, "SSL");
  assert.equal(settings.KAFKA_SSL_CERTFILE, "res/ssl/service.cert");
  assert.equal(settings.KAFKA_SSL_KEYFILE, "res/ssl/service.key");
});

Deno.test("res/host_settings.ini.example contains valid settings without warnings", () => {
  const { settings, warnings, origins } = load(() => undefined, read("res/host_settings.ini.example"));
  assert.deepEqual(warnings, []);
  assert.equal(settings.KAFKA_SECURITY_PROTOCOL, "SSL");
  assert.equal(settings.PGSSLMODE, "verify-full");
  assert.equal(origins.PGHOST, "res/host_settings.ini");
});

Deno.test("res/host_settings.ini.example contains valid settings when its commented keys are enabled", () => {
  const all = read("res/host_settings.ini.example").replaceAll(/^# ([a-z_]+ = )/gm, "$1");
  const { settings, warnings } = load(() => undefined, all);
  // With security_protocol = SSL, the SASL settings have no effect.
  assert.deepEqual(warnings.filter((warning) => !/^KAFKA_SASL_\S+ \(\S+\) has no effect/.test(warning)), []);
  assert.equal(settings.KAFKA_SASL_MECHANISM, "SCRAM-SHA-256");
  assert.equal(settings.PGSSLKEY, "res/ssl/client.key");
});

Deno.test("the Dockerfiles have the same base images, base environment and health check", () => {
  const shared = ["producer", "consumer", "dashboard"].map((service) => {
    const text = read(`${service}/Dockerfile`).replaceAll(/ *\\\n */g, " ").replaceAll(
      / DASHBOARD_\w+=\S+/g,
      "",
    );
    return text.split("\n").filter((line) => /^(ENV|HEALTHCHECK|USER|WORKDIR|FROM denoland)/.test(line));
  });
  assert.ok(shared[0]!.length >= 7);
  for (const lines of shared) assert.deepEqual(lines, shared[0]);
});

Deno.test("fillIn() throws when the example has no such line", () => {
  assert.equal(fillIn("A=1\nB=2\n", { A: "x y", B: undefined }), "A='x y'\n");
  assert.throws(() => fillIn("#A=1\n", { A: "2" }), /no line A=/);
});

/** The variables of an env file, by the syntax that Compose, Deno and shells have in common. */
function variables(text: string): Record<string, string> {
  const lines = text.matchAll(/^([A-Z_]+)=(?:'([^']*)'|([^'"\s$#&]*))$/gm);
  const found = Object.fromEntries([...lines].map(([, name, quoted, bare]) => [name!, quoted ?? bare ?? ""]));
  const set = text.match(/^[A-Z_]+=/gm) ?? [];
  assert.equal(Object.keys(found).length, set.length, "a value needs 'single quotes'");
  return found;
}

function load(env: (name: string) => string | undefined, ini?: string) {
  return loadSettings(ALL, {
    args: [],
    env,
    readFile: (path) => {
      if (ini === undefined || path !== "res/host_settings.ini") throw new Deno.errors.NotFound(path);
      return ini;
    },
  });
}

async function output(command: string, args: string[]): Promise<string> {
  const { PATH = "", HOME = "" } = Deno.env.toObject();
  const { stdout, stderr, success } = await new Deno.Command(command, {
    args,
    cwd: PROJECT,
    clearEnv: true,
    env: { PATH, HOME, NO_COLOR: "1" },
  }).output();
  assert(success, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}
