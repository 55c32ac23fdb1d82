import assert from "assert";
import { join } from "node:path";
import { PROJECT } from "../../harness/project.ts";
import { linesOf, removedNames, stableNames, withNewNames } from "./stable_names.ts";

const FILE = await Deno.readTextFile(join(PROJECT, "integration/checks/reference/stable_names.txt"));

Deno.test("the code has every name that is stable across 1.x", async () => {
  assert.deepEqual(removedNames(FILE, await stableNames()), []);
});

Deno.test("stableNames() has names of every kind that docs/stability.md lists", () => {
  const names = [
    "setting CONSUMER_GROUP_ID",
    "setting PGPASSWORD_FILE",
    "default CONSUMER_GROUP_ID=routes-consumer",
    "flag --group-id of CONSUMER_GROUP_ID",
    "INI key [kafka] group_id of CONSUMER_GROUP_ID",
    "old name DASHBOARD_VIEWERS of DASHBOARD_MAX_VIEWERS",
    "program consumer reads CONSUMER_GROUP_ID",
    'column routes_table: "user_id" integer NOT NULL',
    "column consumer_progress: topic_id uuid",
    "primary key rejected_records: topic, partition, offset",
    "stream file /columns/*/type",
    "stream file /format = json",
    "metric consumer_server_up: gauge",
    "label consumer_records_total{outcome}",
    "event shared: server_unavailable",
    "field consumer: records_rejected_by_database.examples",
    "error code KAFKA_LOGIN_FAILED",
    "error code KAFKA_UNAVAILABLE",
    "error code POSTGRES_PASSWORD_MISSING",
    "reason refused by the database",
    "exit code 2: permanent",
    "task consumer",
    "image consumer: HTTP_PORT=9464",
    "endpoint /readyz",
    "service of compose.yaml consumer",
    "profile of compose.yaml observe",
    "variable of compose.yaml KAFKA_HOST_PORT",
    "JSON of rejects: /headers/name",
    "JSON of doctor: /checks/details",
  ];
  assert.deepEqual(names.filter((name) => !linesOf(FILE).includes(name)), []);
});

Deno.test("removedNames() says that a removal is a breaking change, and withNewNames() keeps the name", () => {
  assert.deepEqual(removedNames("task a\ntask b\n", ["task b", "task c"]), [
    "Breaking change: “task a” is stable across 1.x and was removed or changed. " +
    "Keep it, with a warning if it is deprecated (docs/stability.md).",
  ]);
  assert.equal(withNewNames("task a\ntask b\n", ["task b", "task c"]), "task a\ntask b\ntask c\n");
});
