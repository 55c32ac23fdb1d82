/**
 * The command `deno task test:chaos`: injects random faults, sometimes two at a time, under continuous load. At the end it compares the
 * topic with the tables, and checks that memory and open files have not grown. `--seed` repeats the faults of the run that printed it.
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

/** Share of faults that are combined with another one. */
const PAIR_PROBABILITY = 0.3;

scenario({
  name: `consumers store every record once when random faults occur for ${minutes} minutes`,
  failure: "The faults of the other scenarios in random order, sometimes two at a time",
  result: "Every record is stored exactly once; memory and open files do not grow",
  restartsServers: true,
}, async (s) => {
  const { random } = s;
  const tally = new Tally(FAULTS.map(({ name }) => name));
  const growth = new Growth();
  const pool = await ServicePool.start(s, rate);
  const end = Date.now() + minutes * 60_000;
  let deck: Fault[] = [];
  // Every fault occurs once before any occurs twice.
  const draw = (other?: Fault): Fault => {
    if (deck.length === 0) deck = [...FAULTS];
    const candidates = deck.filter((fault) => !other || areIndependent(fault, other));
    const drawn = candidates[random.between(0, candidates.length - 1)]!;
    deck.splice(deck.indexOf(drawn), 1);
    return drawn;
  };
  try {
    while (Date.now() < end) {
      await pool.waitForRecovery();
      await growth.read(pool.longLived);
      const faults = [draw()];
      if (random.next() < PAIR_PROBABILITY && deck.some((fault) => areIndependent(fault, faults[0]!))) {
        faults.push(draw(faults[0]));
      }
      const names = faults.map(({ name }) => name).join(" and ");
      s.log(names);
      try {
        await Promise.all(faults.map((fault) => fault.inject(pool)));
        const endedAt = performance.now();
        await pool.waitForRecovery();
        faults.forEach(({ name }) => tally.add(name, performance.now() - endedAt));
      } catch (cause) {
        throw new Error(`Failed after ${tally.total} faults, during: ${names}`, { cause });
      }
    }
  } finally {
    tally.lines().forEach((line) => s.log(line));
  }
  for (const producer of pool.producers) await s.stopProducer(producer);
  await s.reconcile({ unless: () => pool.consumers.forEach((consumer) => consumer.assertRunning()) });
  const { lines, problems } = growth.report();
  lines.forEach((line) => s.log(line));
  assert.deepEqual(problems, [], "memory or open files have grown");
});
