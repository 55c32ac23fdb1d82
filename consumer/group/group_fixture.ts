/**
 * A consumer group for tests, with a coordinator whose replies the test sets.
 *
 * @module
 */
import assert from "assert";
import { KafkaJSConnectionError, KafkaJSMemberIdRequired } from "kafkajs/src/errors.js";
import { createErrorFromCode, errorCodes } from "kafkajs/src/protocol/error.js";
import type { ApiName } from "../../shared/kafka/cluster.ts";
import { encodeAssignment } from "../../shared/kafka/group/subscription.ts";
import { pause } from "../../shared/lifecycle.ts";
import { GroupMembership, type GroupMembershipOptions } from "./membership.ts";

export const SESSION_TIMEOUT_MS = 300, HEARTBEAT_INTERVAL_MS = 20;

export type Fields = Record<string, unknown>;
/** What the coordinator does with a request: it throws, returns a response, or never answers. */
export type Reply = (fields: Fields) => unknown;

/** @param type Kafka's name of an error */
export const failsWith = (type: string): Reply => () => {
  throw createErrorFromCode(errorCodes.find((error: { type: string }) => error.type === type)!.code);
};
export const failsToConnect: Reply = () => {
  throw new KafkaJSConnectionError("Connection error");
};
export const neverAnswers: Reply = () => new Promise(() => {});

/** A membership with its coordinator. By default it is the only member and not the leader. */
export class GroupFixture {
  /** Requests except heartbeats, and callbacks, in order. */
  readonly events: string[] = [];
  readonly errors: unknown[] = [];
  /** Replies to the next requests of an API, before the default ones. */
  readonly script: Partial<Record<ApiName, Reply[]>> = {};
  /** Default replies. */
  readonly replies: Partial<Record<ApiName, Reply>> = {
    JoinGroup: ({ memberId }) => {
      if (memberId === "") {
        throw new KafkaJSMemberIdRequired(createErrorFromCode(79), { memberId: `m${++this.members}` });
      }
      return {
        generationId: ++this.generation,
        groupProtocol: "range",
        leaderId: "other",
        memberId,
        members: [],
      };
    },
    SyncGroup: () => ({ memberAssignment: encodeAssignment({ t: [0, 1] }) }),
    Heartbeat: () => ({}),
    OffsetCommit: () => ({}),
    LeaveGroup: () => ({}),
  };
  generation = 0;
  members = 0;
  now: () => number = () => performance.now();
  readonly membership: GroupMembership;

  constructor(options: Partial<GroupMembershipOptions> = {}) {
    this.membership = new GroupMembership({
      coordinator: {
        request: <T>(api: ApiName, fields: Fields) => this.#request(api, fields) as Promise<T>,
        forget: () => this.events.push("forget"),
      },
      topics: ["t"],
      sessionTimeoutMs: SESSION_TIMEOUT_MS,
      rebalanceTimeoutMs: 1_000,
      heartbeatIntervalMs: HEARTBEAT_INTERVAL_MS,
      fetchPartitions: () => Promise.resolve(new Map([["t", [0, 1]]])),
      onAssigned: (assignment, member) =>
        this.events.push(`assigned ${member} ${JSON.stringify(assignment)}`),
      onRevoked: () => this.events.push("revoked"),
      onHeartbeat: () => {},
      onRetry: (error) => this.errors.push(error),
      now: () => this.now(),
      ...options,
    });
  }

  async #request(api: ApiName, fields: Fields): Promise<unknown> {
    if (api !== "Heartbeat") this.events.push(api);
    const reply = this.script[api]?.shift() ?? this.replies[api]!;
    return await reply(fields);
  }

  count(event: string): number {
    return this.events.filter((each) => each.startsWith(event)).length;
  }

  async waitFor(condition: () => boolean, what: string): Promise<void> {
    for (const started = performance.now(); !condition();) {
      const events = this.events.join(", ");
      assert(performance.now() - started < 5_000, `Timed out waiting for ${what}: ${events}`);
      await pause(1);
    }
  }

  /** Joins and waits for the first assignment. */
  async join(): Promise<void> {
    this.membership.run().catch(() => {});
    await this.waitFor(() => this.count("assigned") === 1, "the first assignment");
  }

  /** Waits for the `n`-th assignment, and asserts that the previous one was revoked before anything else. */
  async assertRejoined(n = 2): Promise<void> {
    await this.waitFor(() => this.count("assigned") === n, `assignment ${n}`);
    const last = this.events.findLastIndex((event) => event.startsWith("assigned"));
    const before = this.events.slice(0, last).findLastIndex((event) => event.startsWith("assigned"));
    const between = this.events.slice(before + 1, last);
    assert.equal(between.find((event) => event !== "forget"), "revoked", between.join(", "));
    assert.equal(this.membership.isAlive(), true);
  }
}
