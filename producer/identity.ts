/**
 * The producer id and epoch of the idempotent producer.
 *
 * @module
 */
import { PermanentError, type TransientError } from "../shared/errors.ts";
import { kafkaError } from "../shared/kafka/errors.ts";
import type { KafkaSettings } from "../shared/kafka/client.ts";
import type { ProduceClient, ProducerIdentity } from "../shared/kafka/produce_client.ts";
import type { ProducerEmit } from "./events.ts";

/** Requests identities from Kafka. Call {@link init} first. */
export class Identity {
  #current: ProducerIdentity | undefined;
  #replacing: Promise<void> | undefined;

  constructor(
    private readonly client: Pick<ProduceClient, "initProducerId">,
    private readonly settings: KafkaSettings,
    private readonly emit: ProducerEmit,
  ) {}

  get current(): ProducerIdentity {
    return this.#current!;
  }

  /** @throws {KafkaJSError} */
  async init(): Promise<void> {
    this.#current = await this.client.initProducerId();
  }

  /**
   * Requests a new identity. Concurrent calls share a request.
   *
   * @param reason for the log
   * @param resent records whose outcome is unknown and that are sent again with the new identity
   * @returns the error if it failed; {@link current} is unchanged then
   * @throws {PermanentError} if the error needs operator action
   */
  async replace(reason: string, resent: number): Promise<TransientError | undefined> {
    this.#replacing ??= this.init()
      .then(() => this.emit("producer_reinitialized", { reason, resent }))
      .finally(() => this.#replacing = undefined);
    try {
      await this.#replacing;
      return undefined;
    } catch (error) {
      const failure = kafkaError("Cannot get a producer id from Kafka", error, this.settings);
      if (failure instanceof PermanentError) throw failure;
      return failure;
    }
  }
}
