/**
 * Has a consumer follow its group to another coordinator.
 *
 * kafkajs looks for a group's coordinator only when it joins. Where that broker has died it goes on knocking there, half a minute, while
 * another broker has taken over the group with all its members: their partitions rest. Here a heartbeat that does not get through has
 * kafkajs look for the coordinator again, as Kafka's own client does; the membership stays what it was.
 *
 * This file is the one place that knows; `coordinator_test.ts` holds it against kafkajs' own class.
 *
 * @see kafkajs/src/consumer/consumerGroup.js
 * @see Kafka's org.apache.kafka.clients.consumer.internals.AbstractCoordinator#markCoordinatorUnknown
 * @module
 */
import ConsumerGroup from "kafkajs/src/consumer/consumerGroup.js";

/** What is used of kafkajs' class, which has no types. */
interface Group {
  readonly groupId: string;
  coordinator: { readonly nodeId: number };
  readonly cluster: { findGroupCoordinator(of: { groupId: string }): Promise<{ readonly nodeId: number }> };
  heartbeat(options: { interval: number }): Promise<void>;
}

/** Failures that say the broker did not answer. What it answers, a rebalance above all, is kafkajs' business. */
const UNANSWERED = /^KafkaJS(Connection|RequestTimeout)/;

const kafkajsHeartbeat: Group["heartbeat"] = ConsumerGroup.prototype.heartbeat;

/** From now on consumers of this process follow their group's coordinator. */
export function followCoordinator(): void {
  ConsumerGroup.prototype.heartbeat = async function (this: Group, options: { interval: number }) {
    const asked = this.coordinator;
    try {
      await kafkajsHeartbeat.call(this, options);
    } catch (error) {
      if (!UNANSWERED.test((error as Error).name)) throw error;
      const found = await this.cluster.findGroupCoordinator({ groupId: this.groupId }).catch(() => undefined);
      // Where it is still the same, trying again is kafkajs' business, too.
      if (found === undefined || found === asked) throw error;
      this.coordinator = found;
      await kafkajsHeartbeat.call(this, options);
    }
  };
}
