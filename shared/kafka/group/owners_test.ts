import assert from "assert";
import { Buffer } from "node:buffer";
import { fetchOwners } from "./owners.ts";
import { encodeAssignment, encodeSubscription } from "./subscription.ts";

const member = (topics: readonly string[], assignment: Record<string, number[]>) => ({
  memberMetadata: encodeSubscription(topics),
  memberAssignment: encodeAssignment(assignment),
});

const coordinator = (state: string, members: unknown[]) => ({
  groupId: "g",
  request: <T>(api: string, fields: Record<string, unknown>) => {
    assert.deepEqual([api, fields], ["DescribeGroups", { groupIds: ["g"] }]);
    return Promise.resolve({ groups: [{ state, members }] } as T);
  },
});

Deno.test("fetchOwners() ignores an assignment when its member does not subscribe to the topic", async () => {
  const isOwned = await fetchOwners(coordinator("Stable", [
    member(["routes"], { routes: [0] }),
    // As kafkajs' assigner does if a consumer of routes leads the group.
    member(["battery"], { routes: [1], battery: [0] }),
    { memberMetadata: Buffer.from([1]), memberAssignment: Buffer.from([1]) },
  ]));
  assert.deepEqual(
    [isOwned!("routes", 0), isOwned!("routes", 1), isOwned!("battery", 0), isOwned!("battery", 1)],
    [true, false, true, false],
  );
});

Deno.test("fetchOwners() returns undefined while the group rebalances", async () => {
  assert.equal(await fetchOwners(coordinator("PreparingRebalance", [])), undefined);
});
