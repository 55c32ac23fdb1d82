/**
 * Requests to a group's coordinator, which may move to another broker.
 *
 * @see Kafka's org.apache.kafka.clients.consumer.internals.AbstractCoordinator
 * @module
 */
import type { ApiName, KafkaBroker, KafkaCluster } from "../cluster.ts";

/** Errors of a broker that is not (yet) the group's coordinator. */
const MOVED = ["NOT_COORDINATOR_FOR_GROUP", "GROUP_COORDINATOR_NOT_AVAILABLE"];

interface FindCoordinatorResponse {
  readonly coordinator: { readonly nodeId: number; readonly host: string; readonly port: number };
}

/** Looks up the coordinator before the first request, and again after a connection error or if it has moved. */
export class GroupCoordinator {
  #broker: KafkaBroker | undefined;
  /** The broker of a FindCoordinator request in progress. */
  #lookupBroker: KafkaBroker | undefined;

  /** @param cluster connections that JoinGroup, which the coordinator delays, may block */
  constructor(private readonly cluster: KafkaCluster, readonly groupId: string) {}

  /**
   * Sends a request to the coordinator, without retries.
   *
   * @param requestTimeout in ms, if it is longer than the default
   * @throws {KafkaJSError} on an error of the lookup, the connection or the response
   */
  async request<T>(api: ApiName, fields: Record<string, unknown>, requestTimeout?: number): Promise<T> {
    const broker = this.#broker ??= await this.#find();
    try {
      await broker.connect();
      const request = broker.protocol(api, { groupId: this.groupId, ...fields });
      return await broker.send<T>(requestTimeout === undefined ? request : { ...request, requestTimeout });
    } catch (error) {
      const { type } = error as { type?: string };
      // Connection errors have no type.
      if (type === undefined) this.forget();
      else if (MOVED.includes(type)) this.#broker = undefined;
      throw error;
    }
  }

  /** Closes the connection, which rejects its requests. The next request looks up the coordinator. */
  forget(): void {
    for (const broker of [this.#broker, this.#lookupBroker]) if (broker) this.cluster.drop(broker);
    this.#broker = undefined;
  }

  async #find(): Promise<KafkaBroker> {
    const broker = this.#lookupBroker = await this.cluster.any();
    try {
      const { coordinator } = await broker.request<FindCoordinatorResponse>("GroupCoordinator", {
        groupId: this.groupId,
        coordinatorType: 0,
      });
      await this.cluster.update([coordinator]);
      return await this.cluster.node(coordinator.nodeId);
    } catch (error) {
      if ((error as { type?: string }).type === undefined) this.cluster.drop(broker);
      throw error;
    } finally {
      this.#lookupBroker = undefined;
    }
  }
}
