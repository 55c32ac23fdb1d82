/**
 * `deno task test:chaos`: load without a pause and one random fault after another, sometimes two at a time; at the end the oracle, and
 * memory and open files as they were. The seed is printed; `--seed` gives the same faults in the same order.
 *
 * @module
 */
import assert from "assert";
import { scenario } from "../harness/scenario.ts";
import { ServicePool } from "./service_pool.ts";
import { areIndependent, type Fault, FAULTS } from "./faults.ts";
import { Growth } from "./growth.ts";
import { readOptions } from "./options.ts";
import { Tally } from "./tally.ts";

const { minutes, rate, seed } = readOptions(Deno.args);
if (seed !== undefined) Deno.env.set("INTEGRATION_SEED", `${seed}`);

/** Of ten faults this many come with a second one, of something else. */
const PAIRS_OF_TEN = 3;

scenario({
  name: `consumers store every record once when random faults come one after another for ${minutes} minutes`,
  failure: "Everything that other scenarios bring about once, in random order and sometimes two at a time",
  result: "Nothing missing, nothing doubled; memory and open files stay as they were",
  restartsServers: true,
}, async (s) => {
  const { random } = s;
  const tally = new Tally(FAULTS.map(({ name }) => name));
  const growth = new Growth();
  const crew = await ServicePool.start(s, rate);
  const end = Date.now() + minutes * 60_000;
  let deck: Fault[] = [];
  // Each comes once before any comes twice.
  const draw = (other?: Fault): Fault => {
    if (deck.length === 0) deck = [...FAULTS];
    const fitting = deck.filter((fault) => !other || areIndependent(fault, other));
    const drawn = fitting[random.between(0, fitting.length - 1)]!;
    deck.splice(deck.indexOf(drawn), 1);
    return drawn;
  };
  try {
    while (Date.now() < end) {
      await crew.recovered();
      await growth.read(crew.longLived);
      const faults = [draw()];
      if (random.between(1, 10) <= PAIRS_OF_TEN && deck.some((fault) => areIndependent(fault, faults[0]!))) {
        faults.push(draw(faults[0]));
      }
      const names = faults.map(({ name }) => name).join(" and ");
      s.log(names);
      try {
        await Promise.all(faults.map((fault) => fault.inject(crew)));
        const over = performance.now();
        await crew.recovered();
        faults.forEach(({ name }) => tally.add(name, performance.now() - over));
      } catch (cause) {
        throw new Error(`After ${tally.total} faults, in: ${names}`, { cause });
      }
    }
  } finally {
    tally.lines().forEach((line) => s.log(line));
  }
  for (const producer of crew.producers) await s.stopProducer(producer);
  await s.reconcile({ unless: () => crew.consumers.forEach((consumer) => consumer.assertRunning()) });
  const { lines, problems } = growth.report();
  lines.forEach((line) => s.log(line));
  assert.deepEqual(problems, [], "it has grown");
});
