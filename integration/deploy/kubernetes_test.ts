import assert from "assert";
import { join } from "node:path";
import { loadSettings } from "../../shared/settings/load.ts";
import { type Program, PROGRAMS } from "../../shared/settings/programs.ts";
import { PROJECT } from "../harness/project.ts";
import { installPackages, runPython, whyNoPip } from "../harness/python.ts";

const FOLDER = "deploy/kubernetes";
const MANIFESTS = ["consumer.yaml", "producer.yaml"];
const KUBERNETES_VALIDATE = ["-m", "kubernetes_validate", "--strict", "--no-warn"];

/** Runs `python3` with kubernetes-validate and its dependencies. */
const python = async (args: readonly string[], input = "") =>
  await runPython(args, [input], await installPackages(["kubernetes-validate==1.37.0"]));

const reason = await whyNoPip();
if (reason !== undefined) console.log(`Skipped the validation of the Kubernetes manifests: ${reason}.`);
const ignore = reason !== undefined;

interface Deployment {
  readonly spec: { readonly replicas: number; readonly template: { readonly spec: Pod } };
}

interface Pod {
  readonly enableServiceLinks: boolean;
  readonly securityContext: { readonly runAsNonRoot: boolean; readonly runAsUser: number };
  readonly containers: readonly Container[];
}

interface Probe {
  readonly httpGet: { readonly path: string; readonly port: string };
}

interface Container {
  readonly name: Program;
  readonly image: string;
  readonly envFrom: readonly { readonly secretRef?: { readonly name: string } }[];
  readonly env: readonly { readonly name: string; readonly value: string }[];
  readonly ports: readonly { readonly name: string; readonly containerPort: number }[];
  readonly livenessProbe: Probe;
  readonly readinessProbe: Probe;
  readonly resources: { readonly requests: object; readonly limits: { readonly memory: string } };
  readonly securityContext: object;
}

interface Kustomization {
  readonly resources: readonly string[];
  readonly images: readonly { readonly name: string; readonly newTag: string }[];
  readonly configMapGenerator: readonly { readonly name: string; readonly literals: readonly string[] }[];
}

/** Reads a YAML file with the parser of kubernetes-validate's dependencies. */
async function readYaml<T>(file: string): Promise<T> {
  const script = "import json, sys, yaml; print(json.dumps(yaml.safe_load(sys.stdin)))";
  const text = Deno.readTextFileSync(join(PROJECT, FOLDER, file));
  const { code, stdout, stderr } = await python(["-c", script], text);
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout);
}

/** The secrets that the operator creates, by the names in its `connInfoSecretTarget`. */
const SECRETS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "kafka-connection": {
    KAFKA_HOST: "kafka.example.com",
    KAFKA_PORT: "9001",
    KAFKA_SASL_HOST: "kafka.example.com",
    KAFKA_SASL_PORT: "9002",
    KAFKA_USERNAME: "avnadmin",
    KAFKA_PASSWORD: "password",
    KAFKA_CA_CERT: "(PEM)",
    KAFKA_ACCESS_CERT: "(PEM)",
    KAFKA_ACCESS_KEY: "(PEM)",
  },
  "postgresql-connection": {
    DATABASE_URI: "postgres://avnadmin:password@pg.example.com:5433/defaultdb?sslmode=require",
    PGHOST: "pg.example.com",
    PGPORT: "5433",
    PGUSER: "avnadmin",
    PGPASSWORD: "password",
    PGDATABASE: "defaultdb",
    PGSSLMODE: "require",
  },
};

Deno.test({
  name: "the Kubernetes manifests are valid for the API schemas",
  ignore,
  fn: async () => {
    const paths = MANIFESTS.map((file) => join(FOLDER, file));
    const { code, stdout, stderr } = await python([...KUBERNETES_VALIDATE, ...paths]);
    assert.equal(code, 0, stdout + stderr);
  },
});

Deno.test({
  name: "kubernetes-validate rejects a manifest when a name of the API is misspelled",
  ignore,
  fn: async () => {
    const path = await Deno.makeTempFile({ suffix: ".yaml" });
    const manifest = Deno.readTextFileSync(join(PROJECT, FOLDER, "consumer.yaml"));
    await Deno.writeTextFile(path, manifest.replace("enableServiceLinks", "enableServiceLink"));
    const { code, stdout, stderr } = await python([...KUBERNETES_VALIDATE, path]);
    await Deno.remove(path);
    assert.notEqual(code, 0);
    assert.match(stdout + stderr, /enableServiceLink/);
  },
});

Deno.test({
  name: "kustomization.yaml names the manifests and their images",
  ignore,
  fn: async () => {
    const { resources, images } = await readYaml<Kustomization>("kustomization.yaml");
    const { version } = JSON.parse(Deno.readTextFileSync(join(PROJECT, "deno.json")));
    assert.deepEqual(resources, MANIFESTS);
    const deployments = await Promise.all(MANIFESTS.map((file) => readYaml<Deployment>(file)));
    const used = deployments.map(({ spec }) => spec.template.spec.containers[0]!.image);
    assert.deepEqual(images.map(({ name, newTag }) => [name, newTag]), used.map((name) => [name, version]));
  },
});

for (const file of MANIFESTS) {
  Deno.test({
    name: `the pod of ${file} has probes, resources, no service links, and no privileges`,
    ignore,
    fn: async () => {
      const pod = (await readYaml<Deployment>(file)).spec.template.spec;
      const [container] = pod.containers;
      assert.equal(pod.enableServiceLinks, false);
      assert.deepEqual([pod.securityContext.runAsNonRoot, pod.securityContext.runAsUser], [true, 1993]);
      assert.deepEqual(container!.securityContext, {
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ["ALL"] },
      });
      assert.deepEqual(container!.ports, [{ name: "http", containerPort: 9464 }]);
      assert.deepEqual(container!.livenessProbe.httpGet, { path: "/healthz", port: "http" });
      assert.deepEqual(container!.readinessProbe.httpGet, { path: "/readyz", port: "http" });
      assert.equal(container!.resources.limits.memory, "512Mi");
    },
  });

  Deno.test({
    name: `the settings of ${file} are valid when the operator provides the secrets`,
    ignore,
    fn: async () => {
      const { configMapGenerator } = await readYaml<Kustomization>("kustomization.yaml");
      const [container] = (await readYaml<Deployment>(file)).spec.template.spec.containers;
      const env: Record<string, string> = Object.fromEntries([
        ...configMapGenerator[0]!.literals.map((literal) => literal.split("=")),
        ...container!.envFrom.flatMap(({ secretRef }) =>
          Object.entries(SECRETS[secretRef?.name ?? ""] ?? {})
        ),
        ...container!.env.map(({ name, value }) => [name, value]),
      ]);
      const { settings, warnings } = loadSettings(PROGRAMS[container!.name], {
        args: [],
        env: (name) => env[name],
        readFile: () => {
          throw new Deno.errors.NotFound();
        },
      });
      assert.deepEqual(warnings, []);
      assert.deepEqual([settings.KAFKA_SECURITY_PROTOCOL, settings.KAFKA_BOOTSTRAP_SERVERS], [
        "SSL",
        ["kafka.example.com:9001"],
      ]);
      if (container!.name !== "consumer") return;
      assert.deepEqual([settings.PGHOST, settings.PGDATABASE, settings.PGSSLMODE, settings.PGSSLROOTCERT], [
        "pg.example.com",
        "routes",
        "verify-full",
        "env:KAFKA_CA_CERT",
      ]);
    },
  });
}
