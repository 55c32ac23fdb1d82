import assert from "assert";
import { catchUp, type CatchUpSources, fetchTargets } from "./catch_up.ts";

const routes = (leaders: (number | undefined)[]) => [{
  name: "routes",
  id: undefined,
  error: undefined,
  partitions: leaders.map((leader, partition) => ({ partition, leader, error: undefined })),
}];

/** A group whose other consumers stored `group`, and this one `own`. */
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

/** Whether a promise resolves within 150 ms. */
async function isDone(promise: Promise<unknown>): Promise<boolean> {
  let done = false;
  promise.then(() => done = true);
  await new Promise((resolve) => setTimeout(resolve, 150));
  return done;
}

Deno.test("catchUp() resolves when the high watermark is stored, not at the last stable offset", async () => {
  const { state, sources: from } = sources({ "routes[0]": 91, "routes[1]": 0 }, {}, { 0: 100, 1: 0 });
  const done = catchUp(await fetchTargets(from), from, never);
  assert.equal(await isDone(done), false);
  assert.equal(state.groupPolls, 0, "queries the group although the own partition is behind");
  state.own["routes[0]"] = 101;
  assert.equal(await done, true);
});

Deno.test("catchUp() waits when partitions of other consumers are behind", async () => {
  const { state, sources: from } = sources({ "routes[0]": 100 }, { "routes[1]": 49 }, { 0: 100, 1: 50 });
  const done = catchUp(await fetchTargets(from), from, never);
  assert.equal(await isDone(done), false);
  state.group["routes[1]"] = 50;
  assert.equal(await done, true);
});

Deno.test("catchUp() waits when the leader of a partition did not answer", async () => {
  const { state, sources: from } = sources({ "routes[0]": 100, "routes[1]": 7 }, {}, { 0: 100 });
  const targets = await fetchTargets(from);
  assert.deepEqual(targets.map(({ high }) => high), [100, undefined]);
  const done = catchUp(targets, from, never);
  assert.equal(await isDone(done), false);
  state.highs = { 0: 120, 1: 8 };
  state.own["routes[1]"] = 8;
  // The target of partition 0 remains 100.
  assert.equal(await done, true);
});

Deno.test("catchUp() returns false when it is aborted", async () => {
  const { sources: from } = sources({ "routes[0]": 91 }, {}, { 0: 100 });
  const stop = new AbortController();
  const done = catchUp(await fetchTargets(from), from, stop.signal);
  stop.abort();
  assert.equal(await done, false);
});

Deno.test("fetchTargets() throws when a topic has an error", async () => {
  const { sources: from } = sources({}, {}, {});
  const unknown = [{ name: "routes", id: undefined, error: "UNKNOWN_TOPIC_OR_PARTITION", partitions: [] }];
  await assert.rejects(fetchTargets({ ...from, topics: () => Promise.resolve(unknown) }), {
    type: "UNKNOWN_TOPIC_OR_PARTITION",
  });
});
