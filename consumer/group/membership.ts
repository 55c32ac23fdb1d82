/**
 * Membership in a consumer group: joins, sends heartbeats, and joins again when the membership is lost.
 *
 * The state machine is the loop in {@link GroupMembership.run}: unjoined → joining → stable → unjoined … → left. `onAssigned` is called
 * when SyncGroup has succeeded and `onRevoked` before anything else is done about the end of that generation. So nobody fetches without
 * a valid membership, whichever step of joining fails.
 *
 * @see Kafka's org.apache.kafka.clients.consumer.internals.AbstractCoordinator
 * @module
 */
import type { Buffer } from "node:buffer";
import { KafkaJSRequestTimeoutError } from "kafkajs/src/errors.js";
import { isTransientKafka } from "../../shared/kafka/errors.ts";
import { backoffMs, pause } from "../../shared/lifecycle.ts";
import { ASSIGNORS } from "./assignors.ts";
import type { GroupCoordinator } from "../../shared/kafka/group/coordinator.ts";
import { type FetchPartitions, GroupLeader, type MemberSubscription } from "./leader.ts";
import {
  type Assignment,
  decodeAssignment,
  encodeSubscription,
} from "../../shared/kafka/group/subscription.ts";

/** What a membership works with and whom it informs. */
export interface GroupMembershipOptions {
  readonly coordinator: Pick<GroupCoordinator, "request" | "forget">;
  /** The subscription. */
  readonly topics: readonly string[];
  readonly sessionTimeoutMs: number;
  readonly rebalanceTimeoutMs: number;
  readonly heartbeatIntervalMs: number;
  readonly fetchPartitions: FetchPartitions;
  /** The member may consume these partitions until {@link onRevoked}. Partitions of other topics than `topics` are left out. */
  readonly onAssigned: (assignment: Assignment, memberId: string) => void;
  /** The member may not fetch any more. */
  readonly onRevoked: (reason: string) => void;
  readonly onHeartbeat: () => void;
  /** A transient failure; `failures` in a row so far. */
  readonly onRetry: (error: unknown, failures: number) => void;
  /** Milliseconds of a monotonic clock. */
  readonly now?: () => number;
}

/** An offset to commit for a partition. */
export interface OffsetToCommit {
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
}

/** Added to the time for which the coordinator may hold back a response. */
const NETWORK_DELAY_MS = 5_000;
/** Milliseconds between attempts while the coordinator does not answer; the later ones in a row are further apart. */
const RETRY_MS = 100, RETRY_MS_MAX = 1_000;
/** Answers after which a member joins again without a pause. */
const REJOIN_AT_ONCE = [
  "MEMBER_ID_REQUIRED",
  "UNKNOWN_MEMBER_ID",
  "ILLEGAL_GENERATION",
  "REBALANCE_IN_PROGRESS",
];

/** Why a membership ended, when it was not an error of Kafka. */
class Interruption extends Error {
  override readonly name = "Interruption";
}

interface JoinGroupResponse {
  readonly generationId: number;
  readonly groupProtocol: string;
  readonly leaderId: string;
  readonly memberId: string;
  readonly members: readonly MemberSubscription[];
}

/** A member of a group. {@link run} it once. */
export class GroupMembership {
  #state: "unjoined" | "joining" | "stable" | "left" = "unjoined";
  #memberId = "";
  #generationId = -1;
  /** When the last request that the coordinator confirmed was sent. */
  #confirmedAt = -Infinity;
  /** Aborts when the member is to leave. */
  readonly #leaving = new AbortController();
  /** Why the current generation is to end, and what ends the operation that is waited for. */
  #interruption: Interruption | undefined;
  #reject: ((reason: Interruption) => void) | undefined;
  #running: Promise<void> = Promise.resolve();
  /** Set while this member leads the group. */
  #leader: GroupLeader | undefined;
  readonly #now: () => number;

  constructor(private readonly options: GroupMembershipOptions) {
    this.#now = options.now ?? (() => performance.now());
  }

  get state(): "unjoined" | "joining" | "stable" | "left" {
    return this.#state;
  }

  /**
   * Whether the coordinator has confirmed the membership within the session timeout. If not, others may own the partitions: also after
   * the process was stopped for that long, before it has sent anything.
   */
  isAlive(): boolean {
    const isAlive = this.#sinceConfirmed() < this.options.sessionTimeoutMs;
    if (!isAlive && this.#state === "stable") this.#interrupt(expired(this.options.sessionTimeoutMs));
    return isAlive;
  }

  /** Ends the current generation and joins again. Without effect unless the member has an assignment. */
  rejoin(reason: string): void {
    if (this.#state === "stable") this.#interrupt(new Interruption(reason));
  }

  /**
   * Joins the group and remains a member until {@link leave}. Transient failures are retried without end.
   *
   * @throws {KafkaJSError} of an error that does not pass by itself, such as INCONSISTENT_GROUP_PROTOCOL
   */
  run(): Promise<void> {
    this.#running = this.#loop();
    return this.#running;
  }

  async #loop(): Promise<void> {
    const { signal } = this.#leaving;
    for (let failures = 0; !signal.aborted;) {
      try {
        const assignment = await this.#join();
        failures = 0;
        await this.#consume(assignment);
      } catch (error) {
        this.#state = "unjoined";
        if (signal.aborted) return;
        this.#interruption = undefined;
        const isAtOnce = this.#learnFrom(error);
        failures++;
        if (!isAtOnce) this.options.onRetry(error, failures);
        // Also a broker that refuses every time is not asked without a pause.
        if (!isAtOnce || failures > 3) await pause(backoffMs(failures, RETRY_MS, RETRY_MS_MAX), signal);
      }
    }
  }

  /** @returns whether to join again at once; @throws an error that does not pass by itself */
  #learnFrom(error: unknown): boolean {
    if (error instanceof Interruption) return true;
    const { type, memberId } = error as { type?: string; memberId?: string };
    if (type === "MEMBER_ID_REQUIRED") this.#memberId = memberId ?? "";
    if (type === "UNKNOWN_MEMBER_ID") this.#memberId = "";
    if (type !== undefined && REJOIN_AT_ONCE.includes(type)) return true;
    if (!isTransientKafka(error)) throw error;
    return false;
  }

  async #join(): Promise<Assignment> {
    const { coordinator, topics, sessionTimeoutMs, rebalanceTimeoutMs } = this.options;
    this.#state = "joining";
    const metadata = encodeSubscription(topics);
    const joined = await this.#operation(() =>
      coordinator.request<JoinGroupResponse>("JoinGroup", {
        sessionTimeout: sessionTimeoutMs,
        rebalanceTimeout: rebalanceTimeoutMs,
        memberId: this.#memberId,
        protocolType: "consumer",
        groupProtocols: ASSIGNORS.map(({ name }) => ({ name, metadata })),
      }, rebalanceTimeoutMs + NETWORK_DELAY_MS)
    );
    this.#memberId = joined.memberId;
    this.#generationId = joined.generationId;
    this.#leader = joined.leaderId === joined.memberId
      ? new GroupLeader(this.options.fetchPartitions, this.#now)
      : undefined;
    const groupAssignment = await this.#operation(async () =>
      await this.#leader?.distribute(joined.groupProtocol, joined.members) ?? []
    );
    const sent = this.#now();
    const { memberAssignment } = await this.#operation(() =>
      coordinator.request<{ memberAssignment: Buffer | null }>("SyncGroup", {
        generationId: joined.generationId,
        memberId: joined.memberId,
        groupAssignment,
      }, sessionTimeoutMs + NETWORK_DELAY_MS)
    );
    this.#confirmedAt = sent;
    // The coordinator may have held the response back for long, or this process was stopped.
    if (this.#sinceConfirmed() >= this.options.heartbeatIntervalMs) await this.#heartbeat(sessionTimeoutMs);
    const assignment = decodeAssignment(memberAssignment);
    return Object.fromEntries(
      topics.flatMap((topic) => Object.hasOwn(assignment, topic) ? [[topic, assignment[topic]!]] : []),
    );
  }

  /** Returns never; throws when the generation has ended for this member. */
  async #consume(assignment: Assignment): Promise<never> {
    this.#state = "stable";
    let reason = "";
    this.options.onAssigned(assignment, this.#memberId);
    try {
      return await this.#stay();
    } catch (error) {
      reason = (error as Error).message;
      throw error;
    } finally {
      this.options.onRevoked(reason);
    }
  }

  async #stay(): Promise<never> {
    const { sessionTimeoutMs, heartbeatIntervalMs } = this.options;
    for (let failures = 0;;) {
      await this.#pause(failures > 0 ? backoffMs(failures, RETRY_MS, RETRY_MS_MAX) : heartbeatIntervalMs);
      const left = sessionTimeoutMs - this.#sinceConfirmed();
      if (left <= 0) throw expired(sessionTimeoutMs);
      try {
        // A connection that does not answer is replaced while there is time.
        await this.#heartbeat(Math.min(left, Math.max(heartbeatIntervalMs, sessionTimeoutMs / 3)));
        failures = 0;
        const leader = this.#leader;
        leader?.checkPartitions(() =>
          this.#leader === leader && this.rejoin("the number of partitions changed")
        );
      } catch (error) {
        if (!isUnanswered(error)) throw error;
        this.options.onRetry(error, ++failures);
      }
    }
  }

  async #heartbeat(timeoutMs: number): Promise<void> {
    const { coordinator, onHeartbeat } = this.options;
    const sent = this.#now();
    const { promise: timeout, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(() => {
      reject(
        new KafkaJSRequestTimeoutError(`The coordinator did not answer a heartbeat for ${timeoutMs} ms`),
      );
      coordinator.forget();
    }, timeoutMs);
    const fields = { groupGenerationId: this.#generationId, memberId: this.#memberId };
    try {
      await this.#operation(() => Promise.race([coordinator.request("Heartbeat", fields), timeout]));
    } finally {
      clearTimeout(timer);
    }
    this.#confirmedAt = sent;
    onHeartbeat();
  }

  /**
   * Commits offsets to Kafka as this generation.
   *
   * @throws {KafkaJSError} when they were not committed; @throws {Error} when the member has no assignment
   */
  async commit(offsets: readonly OffsetToCommit[]): Promise<void> {
    if (this.#state !== "stable") throw new Error("The consumer is not a stable member of its group.");
    const topics = Object.entries(Object.groupBy(offsets, ({ topic }) => topic))
      .map(([topic, partitions]) => ({ topic, partitions }));
    await this.options.coordinator.request("OffsetCommit", {
      groupGenerationId: this.#generationId,
      memberId: this.#memberId,
      topics,
    });
  }

  /** Leaves the group, so that the others get its partitions at once. Never throws. */
  async leave(): Promise<void> {
    const { coordinator } = this.options;
    const isJoining = this.#state === "joining";
    this.#leaving.abort();
    this.#interrupt(new Interruption("leaving the group"));
    await this.#running.catch(() => {});
    this.#state = "left";
    // The coordinator answers the requests of a connection one after the other, JoinGroup perhaps in a minute.
    if (isJoining) coordinator.forget();
    if (this.#memberId === "") return;
    await coordinator.request("LeaveGroup", { memberId: this.#memberId }).catch(() => {});
  }

  #sinceConfirmed(): number {
    return this.#now() - this.#confirmedAt;
  }

  async #pause(ms: number): Promise<void> {
    const over = new AbortController();
    try {
      await this.#operation(() => pause(ms, over.signal));
    } finally {
      over.abort();
    }
  }

  #interrupt(reason: Interruption): void {
    this.#interruption ??= reason;
    this.#reject?.(reason);
  }

  /** Waits for something that {@link #interrupt} can end. There is one such operation at a time. */
  async #operation<T>(start: () => Promise<T>): Promise<T> {
    if (this.#interruption) throw this.#interruption;
    const { promise, reject } = Promise.withResolvers<never>();
    this.#reject = reject;
    const work = start();
    work.catch(() => {});
    try {
      return await Promise.race([work, promise]);
    } finally {
      this.#reject = undefined;
    }
  }
}

const expired = (ms: number) => new Interruption(`no heartbeat was confirmed for ${ms} ms`);

/** Whether a heartbeat's failure says nothing about the membership: the coordinator is away, has moved or is loading. */
function isUnanswered(error: unknown): boolean {
  const { type } = error as { type?: string };
  return !(type !== undefined && REJOIN_AT_ONCE.includes(type)) && isTransientKafka(error);
}
