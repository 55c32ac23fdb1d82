import assert from "assert";
import { catchUp, type CatchUpSources, fetchTargets } from "./catch_up.ts";

const routes = (leaders: (number | undefined)[]) => [{
  name: "routes",
  id: undefined,
  error: undefined,
  partitions: leaders.map((leader, partition) => ({ partition, leader, error: undefined })),
}];

/** A group of which other consumers have stored `group`, and this one `own`. */
function sources(own: Record<string, number>, group: Record<string, number>, highs: Record<number, number>) {
  const state = { own, group, highs, groupPolls: 0 };
  const sources: CatchUpSources = {
    topics: () => Promise.resolve(routes([1, 1])),
    watermarks: () =>
      Promise.resolve(
        new Map([[
          "routes",
          new Map(
            Object.entries(state.highs).map(([partition, high]) =>
              [Number(partition), { low: 0, stable: 0, high }] as const
            ),
          ),
        ]]),
      ),
    progress: () => {
      state.groupPolls++;
      return Promise.resolve(new Map(Object.entries({ ...state.group, ...state.own })));
    },
    stored: () => new Map(Object.entries(state.own)),
  };
  return { state, sources };
}

const never = new AbortController().signal;

/** Whether a promise has resolved by now and a little. */
async function isDone(promise: Promise<unknown>): Promise<boolean> {
  let done = false;
  promise.then(() => done = true);
  await new Promise((resolve) => setTimeout(resolve, 150));
  return done;
}

Deno.test("catchUp() ends at the high watermark, not at the last stable offset", async () => {
  const { state, sources: from } = sources({ "routes[0]": 91, "routes[1]": 0 }, {}, { 0: 100, 1: 0 });
  const done = catchUp(await fetchTargets(from), from, never);
  assert.equal(await isDone(done), false);
  assert.equal(state.groupPolls, 0, "a query would only delay the next transaction");
  state.own["routes[0]"] = 101;
  assert.equal(await done, true);
});

Deno.test("catchUp() waits for partitions of the group's other consumers", async () => {
  const { state, sources: from } = sources({ "routes[0]": 100 }, { "routes[1]": 49 }, { 0: 100, 1: 50 });
  const done = catchUp(await fetchTargets(from), from, never);
  assert.equal(await isDone(done), false);
  state.group["routes[1]"] = 50;
  assert.equal(await done, true);
});

Deno.test("catchUp() waits for a partition whose leader did not tell its watermarks", async () => {
  const { state, sources: from } = sources({ "routes[0]": 100, "routes[1]": 7 }, {}, { 0: 100 });
  const targets = await fetchTargets(from);
  assert.deepEqual(targets.map(({ high }) => high), [100, undefined]);
  const done = catchUp(targets, from, never);
  assert.equal(await isDone(done), false);
  state.highs = { 0: 120, 1: 8 };
  state.own["routes[1]"] = 8;
  // The end of partition 0 was known: what came later does not count.
  assert.equal(await done, true);
});

Deno.test("catchUp() ends without result when it is aborted", async () => {
  const { sources: from } = sources({ "routes[0]": 91 }, {}, { 0: 100 });
  const stop = new AbortController();
  const done = catchUp(await fetchTargets(from), from, stop.signal);
  stop.abort();
  assert.equal(await done, false);
});

Deno.test("fetchTargets() fails when a topic has an error", async () => {
  const { sources: from } = sources({}, {}, {});
  const unknown = [{ name: "routes", id: undefined, error: "UNKNOWN_TOPIC_OR_PARTITION", partitions: [] }];
  await assert.rejects(fetchTargets({ ...from, topics: () => Promise.resolve(unknown) }), {
    type: "UNKNOWN_TOPIC_OR_PARTITION",
  });
});
