/**
 * A Sender with a simulated Kafka.
 *
 * @module
 */
import type { ProduceClient, ProduceRequest } from "../shared/kafka/produce_client.ts";
import type { Availability } from "../shared/observe/availability.ts";
import type { Settings } from "../shared/settings/table.ts";
import { KeyPartitioner } from "./partitioner.ts";
import { Sender } from "./sender.ts";

/** Number of records by partition. */
export type Counts = Readonly<Record<number, number>>;

/** A Produce request that the Sender made. */
export interface SentRequest {
  readonly leader: number;
  readonly id: string;
  /** First sequence number by partition. */
  readonly sequences: Counts;
  readonly counts: Counts;
}

export type Produce = ProduceClient["produce"];

/** Responds to a request, the `count`-th; `undefined` acknowledges all partitions. */
export type Respond = (
  request: ProduceRequest,
  count: number,
  leader: number,
) => ReturnType<Produce> | undefined;

export const CONNECTION_CLOSED = Object.assign(new Error("Closed connection"), {
  name: "KafkaJSConnectionClosedError",
});

/** Acknowledges all partitions of a request. */
export const acknowledged = ({ batches }: ProduceRequest) =>
  new Map<number, Error | undefined>(batches.map(({ partition }) => [partition, undefined]));

/** A started Sender for the topic "t". Requests, events and messages of failures are recorded. */
export class TestSender implements Disposable {
  readonly requests: SentRequest[] = [];
  readonly events: [event: string, fields: unknown][] = [];
  readonly failures: string[] = [];
  readonly sender: Sender;

  private constructor(settings: Partial<Settings>, respond: Respond, client: Partial<ProduceClient>) {
    let identities = 0;
    const availability = {
      up: () => {},
      down: (_server: string, { message }: Error) => this.failures.push(message),
    };
    this.sender = new Sender({
      client: {
        initProducerId: () => Promise.resolve({ producerId: `id ${++identities}`, producerEpoch: 0 }),
        fetchTopics: () => Promise.resolve([]),
        produce: async (leader, request) => {
          this.#record(leader, request);
          return await (respond(request, this.requests.length, leader) ?? acknowledged(request));
        },
        ...client,
      },
      topics: ["t"],
      settings: {
        PRODUCER_COMPRESSION: "none",
        PRODUCER_BATCH_RECORDS: 2_000,
        PRODUCER_BUFFER_RECORDS: 50_000,
        PRODUCER_LINGER_MS: 60_000,
        ...settings,
      } as Settings,
      availability: availability as unknown as Availability,
      emit: (event, fields) => this.events.push([event, fields]),
    });
  }

  static async start(
    settings: Partial<Settings> = {},
    respond: Respond = () => undefined,
    client: Partial<ProduceClient> = {},
  ): Promise<TestSender> {
    const test = new TestSender(settings, respond, client);
    await test.sender.start();
    return test;
  }

  /** The number of records of each request, by partition. */
  get counts(): Counts[] {
    return this.requests.map(({ counts }) => counts);
  }

  #record(leader: number, { identity, batches }: ProduceRequest): void {
    this.requests.push({
      leader,
      id: identity.producerId,
      sequences: Object.fromEntries(batches.map(({ partition, sequence }) => [partition, sequence])),
      counts: Object.fromEntries(batches.map(({ partition, records }) => [partition, records.count])),
    });
  }

  [Symbol.dispose](): void {
    this.sender[Symbol.dispose]();
  }
}

/** Responses that the test gives later. */
export class HeldResponses {
  readonly #resolvers: (() => void)[] = [];

  /** Passed to {@link TestSender.start}. */
  readonly respond: Respond = async (request) => {
    await new Promise<void>((resolve) => this.#resolvers.push(resolve));
    return acknowledged(request);
  };

  /** Acknowledges the oldest request; waits for one if there is none. */
  async acknowledge(): Promise<void> {
    await until(() => this.#resolvers.length > 0);
    this.#resolvers.shift()!();
  }
}

export async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await new Promise((resolve) => setTimeout(resolve));
}

export const recordOf = (userID: number) => ({ key: String(userID), value: "{}" });

/** A user for each of six partitions, by partition. */
export function userOfEachPartition(): number[] {
  const partitioner = new KeyPartitioner("t");
  partitioner.partitions = 6;
  const users: number[] = [];
  for (let user = 0; users.filter((u) => u !== undefined).length < 6; user++) {
    users[partitioner.partitionOf(String(user))] ??= user;
  }
  return users;
}
