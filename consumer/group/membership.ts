/**
 * Membership in a consumer group: joins, sends heartbeats, and rejoins when the membership is lost.
 *
 * The state machine is the loop in {@link GroupMembership.run}: unjoined → joining → stable → unjoined … → left. `onAssigned` is called
 * when SyncGroup has succeeded, `onRevoked` before anything else when that generation ends. So nothing is fetched without a valid
 * membership, whichever step of joining fails.
 *
 * @see Kafka's org.apache.kafka.clients.consumer.internals.AbstractCoordinator
 * @module
 */
import type { Assignment } from "../../shared/kafka/group/subscription.ts";
import { isTransientKafka } from "../../shared/kafka/errors.ts";
import { backoffMs, pause } from "../../shared/lifecycle.ts";
import {
  GroupRequests,
  type GroupRequestsOptions,
  type MemberIdentity,
  type OffsetToCommit,
} from "./group_requests.ts";
import { Interrupter, Interruption } from "./interrupter.ts";
import { type FetchPartitions, GroupLeader } from "./leader.ts";

export interface GroupMembershipOptions extends GroupRequestsOptions {
  readonly heartbeatIntervalMs: number;
  readonly fetchPartitions: FetchPartitions;
  /** The member may consume these partitions until {@link onRevoked}. Partitions of other topics than `topics` are left out. */
  readonly onAssigned: (assignment: Assignment, memberId: string) => void;
  /** The member must stop fetching. */
  readonly onRevoked: (reason: string) => void;
  /** The coordinator confirmed the membership. */
  readonly onHeartbeat: () => void;
  /** A transient failure, the `failures`-th in a row. */
  readonly onRetry: (error: unknown, failures: number) => void;
  /** A monotonic clock in milliseconds; default: `performance.now` */
  readonly now?: () => number;
}

/** Backoff while the coordinator does not answer. */
const RETRY_MS = 100, RETRY_MAX_MS = 1_000;
/** After this many failures in a row a member pauses before it rejoins, for every error. */
const IMMEDIATE_REJOINS_MAX = 3;
/** Errors after which a member rejoins without a pause. */
const IMMEDIATE_REJOIN_ERRORS = [
  "MEMBER_ID_REQUIRED",
  "UNKNOWN_MEMBER_ID",
  "ILLEGAL_GENERATION",
  "REBALANCE_IN_PROGRESS",
];

/** A member of a group. Call {@link run} once. */
export class GroupMembership {
  #state: "unjoined" | "joining" | "stable" | "left" = "unjoined";
  #memberId = "";
  #generationId = -1;
  /** When the last request that the coordinator confirmed was sent. */
  #confirmedAt = -Infinity;
  /** Aborted by {@link leave}. */
  readonly #leaving = new AbortController();
  readonly #interrupter = new Interrupter();
  readonly #requests: GroupRequests;
  #running: Promise<void> = Promise.resolve();
  /** Set while this member leads the group. */
  #leader: GroupLeader | undefined;
  readonly #now: () => number;

  constructor(private readonly options: GroupMembershipOptions) {
    this.#requests = new GroupRequests(options);
    this.#now = options.now ?? (() => performance.now());
  }

  get state(): "unjoined" | "joining" | "stable" | "left" {
    return this.#state;
  }

  get #identity(): MemberIdentity {
    return { memberId: this.#memberId, generationId: this.#generationId };
  }

  /**
   * Whether the coordinator has confirmed the membership within the session timeout. If not, other members may own the partitions. A
   * process that was suspended for that long learns it here, before it has sent a request.
   */
  isAlive(): boolean {
    const isAlive = this.#sinceConfirmed() < this.options.sessionTimeoutMs;
    if (!isAlive && this.#state === "stable") this.#interrupter.interrupt(this.#expired());
    return isAlive;
  }

  /** Ends the current generation and rejoins. No effect unless the member has an assignment. */
  rejoin(reason: string): void {
    if (this.#state === "stable") this.#interrupter.interrupt(new Interruption(reason));
  }

  /**
   * Joins the group and remains a member until {@link leave}. Retries transient failures without limit.
   *
   * @throws {KafkaJSError} on any other error, such as INCONSISTENT_GROUP_PROTOCOL
   */
  run(): Promise<void> {
    this.#running = this.#runLoop();
    return this.#running;
  }

  async #runLoop(): Promise<void> {
    const { signal } = this.#leaving;
    for (let failures = 0; !signal.aborted;) {
      try {
        const assignment = await this.#join();
        failures = 0;
        await this.#consume(assignment);
      } catch (error) {
        this.#state = "unjoined";
        if (signal.aborted) return;
        this.#interrupter.clear();
        const isImmediate = this.#handleError(error);
        failures++;
        if (!isImmediate) this.options.onRetry(error, failures);
        if (!isImmediate || failures > IMMEDIATE_REJOINS_MAX) {
          await pause(backoffMs(failures, RETRY_MS, RETRY_MAX_MS), signal);
        }
      }
    }
  }

  /** @returns whether to rejoin without a pause; @throws an error that is not transient */
  #handleError(error: unknown): boolean {
    if (error instanceof Interruption) return true;
    const { type, memberId } = error as { type?: string; memberId?: string };
    if (type === "MEMBER_ID_REQUIRED") this.#memberId = memberId ?? "";
    if (type === "UNKNOWN_MEMBER_ID") this.#memberId = "";
    if (type !== undefined && IMMEDIATE_REJOIN_ERRORS.includes(type)) return true;
    if (!isTransientKafka(error)) throw error;
    return false;
  }

  async #join(): Promise<Assignment> {
    const { fetchPartitions, heartbeatIntervalMs, sessionTimeoutMs } = this.options;
    this.#state = "joining";
    const joined = await this.#interrupter.run(() => this.#requests.join(this.#memberId));
    this.#memberId = joined.memberId;
    this.#generationId = joined.generationId;
    this.#leader = joined.leaderId === joined.memberId
      ? new GroupLeader(fetchPartitions, this.#now)
      : undefined;
    const groupAssignment = await this.#interrupter.run(async () =>
      await this.#leader?.distribute(joined.groupProtocol, joined.members) ?? []
    );
    const sentAt = this.#now();
    const assignment = await this.#interrupter.run(() => this.#requests.sync(joined, groupAssignment));
    this.#confirmedAt = sentAt;
    // The coordinator may have held back the response for long, or this process was suspended.
    if (this.#sinceConfirmed() >= heartbeatIntervalMs) await this.#heartbeat(sessionTimeoutMs);
    return assignment;
  }

  /** Never returns; throws when the generation ends for this member. */
  async #consume(assignment: Assignment): Promise<never> {
    this.#state = "stable";
    let reason = "";
    this.options.onAssigned(assignment, this.#memberId);
    try {
      return await this.#sendHeartbeats();
    } catch (error) {
      reason = (error as Error).message;
      throw error;
    } finally {
      this.options.onRevoked(reason);
    }
  }

  async #sendHeartbeats(): Promise<never> {
    const { sessionTimeoutMs, heartbeatIntervalMs } = this.options;
    for (let failures = 0;;) {
      const isRetry = failures > 0;
      await this.#interrupter.pause(
        isRetry ? backoffMs(failures, RETRY_MS, RETRY_MAX_MS) : heartbeatIntervalMs,
      );
      const leftMs = sessionTimeoutMs - this.#sinceConfirmed();
      if (leftMs <= 0) throw this.#expired();
      try {
        // The timeout leaves time to replace a connection that does not answer.
        await this.#heartbeat(Math.min(leftMs, Math.max(heartbeatIntervalMs, sessionTimeoutMs / 3)));
        failures = 0;
        const leader = this.#leader;
        leader?.checkPartitions(() =>
          this.#leader === leader && this.rejoin("the number of partitions changed")
        );
      } catch (error) {
        if (!isMembershipUnknown(error)) throw error;
        this.options.onRetry(error, ++failures);
      }
    }
  }

  async #heartbeat(timeoutMs: number): Promise<void> {
    const sentAt = this.#now();
    await this.#interrupter.run(() => this.#requests.heartbeat(this.#identity, timeoutMs));
    this.#confirmedAt = sentAt;
    this.options.onHeartbeat();
  }

  /**
   * Commits offsets to Kafka as a member of the current generation.
   *
   * @throws {KafkaJSError} if the coordinator did not commit them; {@link Error} if the member has no assignment
   */
  async commit(offsets: readonly OffsetToCommit[]): Promise<void> {
    if (this.#state !== "stable") throw new Error("The consumer is not a stable member of its group.");
    await this.#requests.commit(this.#identity, offsets);
  }

  /** Leaves the group, so that it rebalances at once instead of after the session timeout. Never throws. */
  async leave(): Promise<void> {
    const isJoining = this.#state === "joining";
    this.#leaving.abort();
    this.#interrupter.interrupt(new Interruption("leaving the group"));
    await this.#running.catch(() => {});
    this.#state = "left";
    // The coordinator answers the requests of a connection in order, and may hold back JoinGroup until the rebalance timeout.
    if (isJoining) this.options.coordinator.forget();
    if (this.#memberId !== "") await this.#requests.leave(this.#memberId);
  }

  #sinceConfirmed(): number {
    return this.#now() - this.#confirmedAt;
  }

  #expired(): Interruption {
    return new Interruption(`no heartbeat was confirmed for ${this.options.sessionTimeoutMs} ms`);
  }
}

/** Whether a failed heartbeat leaves the membership unknown: the coordinator is unavailable, has moved or is loading the group. */
function isMembershipUnknown(error: unknown): boolean {
  const { type } = error as { type?: string };
  return !(type !== undefined && IMMEDIATE_REJOIN_ERRORS.includes(type)) && isTransientKafka(error);
}
