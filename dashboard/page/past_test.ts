import assert from "assert";
import type { Sample, Status } from "../protocol.ts";
import { modelAt, pastNote } from "./past.ts";

const sample = (time: number): Sample => [time, time, time, null, null, null, time];
const model = {
  samples: [sample(100), sample(101), sample(102)],
  status: {
    tables: [{ stream: "routes", exists: true, rows: 5 }],
    rejected: { count: 1 },
    lag: { records: 7, others: [] },
  } as unknown as Status,
  other: 1,
};

Deno.test("modelAt() has the samples until a time, and no live number of rows or rejected records", () => {
  const past = modelAt(model, 101.5);
  assert.deepEqual(past.samples, [sample(100), sample(101)]);
  assert.deepEqual([past.status, past.other], [{ tables: [], lag: { records: 101, others: [] } }, 1]);
});

Deno.test("modelAt() has no samples when none is of that time", () => {
  assert.deepEqual(modelAt(model, 99).samples, []);
  assert.deepEqual(modelAt(model, 99).status!.lag, { others: [] });
  assert.deepEqual(modelAt(model, 110).samples, []);
});

Deno.test("pastNote() says whether the figures are known", () => {
  assert.match(pastNote(model, 101), /^Positions and figures are of this time\. Charts, .* are live\.$/);
  assert.match(
    pastNote(model, 50),
    /^Positions are of this time; rates, latency and lag are known since \d\d:\d\d:40\./,
  );
  assert.match(pastNote({ samples: [] }, 50), /lag are unknown\./);
});
