import assert from "assert";
import { SettingsError } from "../shared/settings/error.ts";
import { choosePorts, type PortFinder, type Ports } from "./ports.ts";

/** A machine on which some ports are in use; the next free port is 20001. */
function machine(used: number[], released: number[] = []): PortFinder {
  let next = 20_000;
  return {
    isFree: (port) => !used.includes(port),
    find: () => ++next,
    released: (port) => {
      if (released.includes(port)) used.splice(used.indexOf(port), 1);
      return Promise.resolve();
    },
  };
}

async function choose(requested: Partial<Ports>, last: Partial<Ports>, finder: PortFinder) {
  const printed: string[] = [];
  const ports = await choosePorts(requested, last, (text) => printed.push(text), finder);
  return { ports, printed };
}

Deno.test("choosePorts() chooses the requested ports, those of the last start, or the usual ones", async () => {
  assert.deepEqual(await choose({}, {}, machine([])), {
    ports: { kafka: 9092, postgres: 5432, dashboard: 8080 },
    printed: [],
  });
  assert.deepEqual(await choose({ kafka: 1 }, { kafka: 2, postgres: 3 }, machine([2, 5432])), {
    ports: { kafka: 1, postgres: 3, dashboard: 8080 },
    printed: [],
  });
});

Deno.test("choosePorts() names port and flag when a port is in use", async () => {
  const { ports, printed } = await choose({}, { postgres: 7 }, machine([9092, 7, 8080]));
  assert.deepEqual(ports, { kafka: 20_001, postgres: 20_002, dashboard: 20_003 });
  assert.deepEqual(printed, [
    "Port 9092 is in use: Kafka gets port 20001, also at later starts. --kafka-port chooses another one.",
    "Port 7 is in use: PostgreSQL gets port 20002, also at later starts. --postgres-port chooses another one.",
    "Port 8080 is in use: the dashboard gets port 20003, also at later starts. --dashboard-port chooses another one.",
  ]);
});

Deno.test("choosePorts() keeps a port when a killed run still uses it for a moment", async () => {
  const { ports, printed } = await choose({}, { kafka: 7 }, machine([7], [7]));
  assert.deepEqual([ports.kafka, printed], [7, []]);
});

Deno.test("choosePorts() gives each part a port of its own", async () => {
  const { ports } = await choose({ kafka: 5432 }, { dashboard: 5432 }, machine([]));
  assert.deepEqual(ports, { kafka: 5432, postgres: 20_001, dashboard: 20_002 });
  const { ports: others } = await choose({ dashboard: 9092 }, { postgres: 9092 }, machine([]));
  assert.deepEqual(others, { kafka: 20_001, postgres: 20_002, dashboard: 9092 });
});

Deno.test("choosePorts() throws when requested ports are in use", async () => {
  await assert.rejects(
    choose({ kafka: 7, dashboard: 8 }, {}, machine([7, 8])),
    (error) => {
      assert.ok(error instanceof SettingsError);
      assert.deepEqual(error.texts, [
        "START_KAFKA_PORT is 7, but this port is in use. Choose another one, or stop the program that uses it.",
        "DASHBOARD_PORT is 8, but this port is in use. Choose another one, or stop the program that uses it.",
      ]);
      return true;
    },
  );
});
