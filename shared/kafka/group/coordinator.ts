/**
 * Requests to the coordinator of a group, which may move from broker to broker.
 *
 * @see Kafka's org.apache.kafka.clients.consumer.internals.AbstractCoordinator
 * @module
 */
import type { ApiName, KafkaBroker, KafkaCluster } from "../cluster.ts";

/** Answers of a broker that is not, or not yet, the group's coordinator. */
const MOVED = ["NOT_COORDINATOR_FOR_GROUP", "GROUP_COORDINATOR_NOT_AVAILABLE"];

/** The fields of a coordinator in the response of FindCoordinator. */
interface Found {
  readonly coordinator: { readonly nodeId: number; readonly host: string; readonly port: number };
}

/**
 * The coordinator of one group. It is looked up when it is needed and unknown: at first, and after a request failed because the broker
 * did not answer or is not the coordinator any more.
 */
export class GroupCoordinator {
  #broker: KafkaBroker | undefined;
  /** The broker that was asked who the coordinator is, until it has answered. */
  #asked: KafkaBroker | undefined;

  /** @param cluster connections on which a request that the coordinator holds back, such as JoinGroup, delays nobody else */
  constructor(private readonly cluster: KafkaCluster, readonly groupId: string) {}

  /**
   * Sends a request to the coordinator. It is not repeated.
   *
   * @param requestTimeout milliseconds, if the request may take longer than others
   * @throws {KafkaJSError} with the error of the lookup, the connection or the response
   */
  async request<T>(api: ApiName, fields: Record<string, unknown>, requestTimeout?: number): Promise<T> {
    const broker = this.#broker ??= await this.#find();
    try {
      await broker.connect();
      const request = broker.protocol(api, { groupId: this.groupId, ...fields });
      return await broker.send<T>(requestTimeout === undefined ? request : { ...request, requestTimeout });
    } catch (error) {
      const { type } = error as { type?: string };
      // An error without a type is one of the connection.
      if (type === undefined) this.forget();
      else if (MOVED.includes(type)) this.#broker = undefined;
      throw error;
    }
  }

  /** Closes the connection, which fails its requests, and has the coordinator looked up again. */
  forget(): void {
    for (const broker of [this.#broker, this.#asked]) if (broker) this.cluster.drop(broker);
    this.#broker = undefined;
  }

  async #find(): Promise<KafkaBroker> {
    const asked = this.#asked = await this.cluster.any();
    try {
      const { coordinator } = await asked.request<Found>("GroupCoordinator", {
        groupId: this.groupId,
        coordinatorType: 0,
      });
      await this.cluster.update([coordinator]);
      return await this.cluster.node(coordinator.nodeId);
    } catch (error) {
      if ((error as { type?: string }).type === undefined) this.cluster.drop(asked);
      throw error;
    } finally {
      this.#asked = undefined;
    }
  }
}
