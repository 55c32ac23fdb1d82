import assert from "assert";
import { join } from "node:path";
import { PROJECT } from "../harness/project.ts";
import { scenario } from "../harness/scenario.ts";
import { waitUntil } from "../harness/wait.ts";
import { OBSERVE, Prometheus, promtool, whyNoPrometheus } from "./prometheus.ts";

const reason = await whyNoPrometheus();
if (reason !== undefined) console.log(`Skipped the tests of alert rules and dashboard queries: ${reason}.`);
const ignore = reason !== undefined;

const read = (...path: string[]) => Deno.readTextFileSync(join(...path));

interface Panel {
  readonly title: string;
  readonly targets?: readonly { readonly expr: string; readonly datasource: { readonly uid: string } }[];
}

const { panels }: { panels: readonly Panel[] } = JSON.parse(
  read(OBSERVE, "grafana", "dashboards", "pipeline.json"),
);

/** The queries of the dashboard, with Grafana's variables replaced. */
const QUERIES = panels.flatMap(({ title, targets = [] }) =>
  targets.map(({ expr }) => ({
    title,
    query: expr.replaceAll("$__rate_interval", "10s").replaceAll("$__range", "1m"),
  }))
);

/** Metrics without values while nothing fails. Their queries must be valid, and a service must declare the metric. */
const FAILURES =
  /consumer_retries_total|producer_retries_total|consumer_unassigned_lag_records|consumer_key_conflicts_total|consumer_open_transaction_seconds/;

const ALERTS = [...read(OBSERVE, "alerts.yml").matchAll(/- alert: (\w+)/g)].map(([, name]) => name!);

Deno.test({
  name: "promtool accepts the configuration and the alert rules, and their tests pass",
  ignore,
  fn: async () => {
    await promtool("check", "config", "prometheus.yml");
    assert.match(await promtool("check", "rules", "alerts.yml"), new RegExp(`${ALERTS.length} rules found`));
    assert.match(await promtool("test", "rules", "alerts_test.yml"), /SUCCESS/);
  },
});

Deno.test("every alert has a runbook entry in docs/operations.md, and tests in which it fires and does not", () => {
  const rules = read(OBSERVE, "alerts.yml"), tests = read(OBSERVE, "alerts_test.yml");
  const runbook = read(PROJECT, "docs", "operations.md").split("## Alerts\n")[1]!.split("\n## ")[0]!;
  const entries = [...runbook.matchAll(/^### (\w+)$/gm)].map(([, name]) => name!);
  assert.deepEqual(entries, ALERTS);
  for (const name of ALERTS) {
    assert.match(rules, new RegExp(`runbook: docs/operations.md#${name.toLowerCase()}\n`), name);
    assert.match(tests, new RegExp(`alertname: ${name}\n {8}exp_alerts:`), `${name} fires`);
    assert.match(tests, new RegExp(`alertname: ${name} \\}`), `${name} does not fire`);
  }
});

Deno.test("the Compose profile mounts existing files, and the panels use the provisioned data source", () => {
  const compose = read(PROJECT, "compose.yaml");
  const mounts = [...compose.matchAll(/\.\/(deploy\/observe\/[^:]+):/g)].map(([, path]) => path!);
  assert.equal(mounts.length, 4);
  for (const path of mounts) assert(Deno.statSync(join(PROJECT, path)), path);
  const [, uid] = /uid: (\w+)/.exec(read(OBSERVE, "grafana/provisioning/datasources/prometheus.yaml"))!;
  for (const { targets = [] } of panels) {
    for (const { datasource } of targets) assert.equal(datasource.uid, uid);
  }
});

scenario({
  name: "every query of the Grafana dashboard has a result when Prometheus scrapes running services",
  failure: "None: producer and consumer under load, 5 % of the records malformed",
  result: "All queries are valid and have results, all alert rules are evaluated, none fires",
  services: "process",
  ignore,
}, async (s) => {
  const consumer = await s.startConsumer();
  const producer = await s.startLoad(0, { PRODUCER_RATE: 500, PRODUCER_MALFORMED_RATIO: 0.02 });
  const hostOf = (service: typeof consumer) => new URL(service.http).host;
  await s.waitForRows([consumer, producer]);
  await using prometheus = await Prometheus.start({
    consumer: [hostOf(consumer)],
    producer: [hostOf(producer)],
  });
  const declared = (await Promise.all(
    [consumer, producer].map(async ({ http }) => await (await fetch(`${http}/metrics`)).text()),
  )).join();
  const missing = async () => {
    const results = await Promise.all(QUERIES.map(async ({ title, query }) => {
      const samples = await prometheus.query(query);
      const metrics = [...query.matchAll(/\b(?:consumer|producer|process|pipeline)_[a-z_]+\b/g)].map((
        [name],
      ) => name.replace(/_(bucket|sum|count)$/, ""));
      const unknown = metrics.filter((name) => !declared.includes(`# TYPE ${name} `));
      if (unknown.length > 0) return `${title}: no service has the metric ${unknown.join(", ")}`;
      const isEmpty = samples.every(({ value: [, value] }) => value === "NaN");
      return isEmpty && !FAILURES.test(query) ? `${title}: ${query} has no result` : undefined;
    }));
    return results.filter((result) => result !== undefined);
  };
  await waitUntil("results of all queries", async () => (await missing()).length === 0, { timeoutMs: 30_000 })
    .catch(async (error) => {
      throw new Error((await missing()).join("\n") || String(error));
    });
  await waitUntil("the evaluation of all alert rules", async () => {
    const rules = await prometheus.rules();
    assert.deepEqual([...rules.keys()], ALERTS);
    return [...rules.values()].every(({ health }) => health === "ok");
  });
  const active = [...await prometheus.rules()].filter(([, { state }]) => state !== "inactive");
  assert.deepEqual(active, []);
  await s.stopProducer(producer);
  await s.reconcile({ unless: () => consumer.assertRunning() });
});
