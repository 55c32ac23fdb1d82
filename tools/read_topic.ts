/**
 * Reads the first committed records of a topic, without a consumer group.
 *
 * @module
 */
import type { RecordMetadata } from "../shared/codec/bound_stream.ts";
import { ReaderMetadata } from "../shared/codec/reader_metadata.ts";
import { PermanentError } from "../shared/errors.ts";
import type { KafkaSettings } from "../shared/kafka/client.ts";
import type { KafkaCluster } from "../shared/kafka/cluster.ts";
import { kafkaError } from "../shared/kafka/errors.ts";
import { fetchRequest, type FetchResponse } from "../shared/kafka/fetch/fetch_request.ts";
import { recordBatches } from "../shared/kafka/fetch/fetch_response.ts";
import { errorName, fetchTopics, type TopicMetadata } from "../shared/kafka/metadata.ts";
import type { RecordBatch } from "../shared/kafka/records/record_batch.ts";
import { RecordReader } from "../shared/kafka/records/record_reader.ts";
import { openKafka } from "../shared/kafka/session.ts";
import { errorNamed, fetchWatermarks } from "../shared/kafka/watermarks.ts";
import type { Log } from "../shared/observe/log.ts";

/** A record. It is only valid during the call. */
export interface ReadRecord extends RecordMetadata {
  readonly value: Uint8Array | null;
}

/** The record that a reader is at. */
class CurrentRecord extends ReaderMetadata implements ReadRecord {
  get value(): Uint8Array | null {
    return this.reader.value();
  }
}

const FETCH_BYTES = 1_048_576;
const DECOMPRESSED_BYTES_MAX = 64 * FETCH_BYTES;
/** A fetch without records is repeated this often. */
const EMPTY_FETCHES_MAX = 3;

/** A partition that is not read to its end. */
interface Position {
  readonly partition: number;
  readonly leader: number;
  next: number;
  /** The last stable offset when reading began. */
  readonly end: number;
}

/**
 * Reads up to `recordsMax` records: the first ones of each partition, as evenly distributed as possible.
 *
 * @returns the number of records
 * @throws {PermanentError} if the topic does not exist, or the account is not allowed to read it
 * @throws {TransientError} if Kafka is unavailable
 */
export async function readTopic(
  settings: KafkaSettings,
  topic: string,
  recordsMax: number,
  log: Log,
  onRecord: (record: ReadRecord) => void,
): Promise<number> {
  using session = await openKafka(settings, {
    clientId: "tools",
    topics: [],
    log,
    onConnectionError: () => {},
  });
  try {
    return await read(session.cluster, topic, recordsMax, onRecord);
  } catch (error) {
    if (error instanceof PermanentError) throw error;
    throw kafkaError(`Cannot read the topic ${topic}`, error, settings);
  }
}

async function read(
  cluster: KafkaCluster,
  topic: string,
  recordsMax: number,
  onRecord: (record: ReadRecord) => void,
): Promise<number> {
  const [metadata] = await fetchTopics(cluster, [topic]);
  if (metadata!.error === "UNKNOWN_TOPIC_OR_PARTITION") {
    throw new PermanentError({
      code: "TOPIC_MISSING",
      cause: `the topic ${topic} does not exist`,
      remedy: "Correct the name, or let the producer create it.",
    });
  }
  let open = await positionsOf(cluster, metadata!);
  let count = 0;
  while (open.length > 0 && count < recordsMax) {
    const share = Math.ceil((recordsMax - count) / open.length);
    for (const position of open) {
      const left = Math.min(share, recordsMax - count);
      count += await readPartition(cluster, metadata!, position, left, onRecord);
    }
    open = open.filter(({ next, end }) => next < end);
  }
  return count;
}

async function positionsOf(cluster: KafkaCluster, metadata: TopicMetadata): Promise<Position[]> {
  const watermarks = (await fetchWatermarks(cluster, [metadata])).get(metadata.name)!;
  return metadata.partitions.flatMap(({ partition, leader }) => {
    const known = watermarks.get(partition);
    if (leader === undefined || !known || known.low >= known.stable) return [];
    return [{ partition, leader, next: known.low, end: known.stable }];
  });
}

/** Reads up to `recordsMax` records of a partition and advances its position. Returns their number. */
async function readPartition(
  cluster: KafkaCluster,
  { name: topic, id }: TopicMetadata,
  position: Position,
  recordsMax: number,
  onRecord: (record: ReadRecord) => void,
): Promise<number> {
  const { partition, end } = position;
  const broker = await cluster.node(position.leader);
  let count = 0, empty = 0;
  while (position.next < end && count < recordsMax) {
    const request = fetchRequest(broker, {
      maxWaitTime: 500,
      minBytes: 1,
      maxBytes: FETCH_BYTES,
      topics: [{
        topic,
        topicId: id,
        partitions: [{ partition, fetchOffset: position.next, maxBytes: FETCH_BYTES }],
      }],
    }, { checkCrcs: true, decompressedBytesMax: DECOMPRESSED_BYTES_MAX });
    const { responses } = await broker.send<FetchResponse>(request);
    const response = responses[0]?.partitions[0];
    const error = errorName(response?.errorCode ?? 0);
    if (error !== undefined) throw errorNamed(error);
    const before = position.next;
    for (const batch of recordBatches(response?.messages ?? [])) {
      count += readBatch(batch, topic, position, recordsMax - count, onRecord);
    }
    empty = position.next === before ? empty + 1 : 0;
    if (empty === EMPTY_FETCHES_MAX) position.next = end;
  }
  return count;
}

function readBatch(
  batch: RecordBatch,
  topic: string,
  position: Position,
  recordsMax: number,
  onRecord: (record: ReadRecord) => void,
): number {
  const reader = new RecordReader();
  const record = new CurrentRecord(topic, reader);
  reader.reset(batch.bytes);
  record.onBatch(position.partition, batch);
  let count = 0;
  for (let i = 0; i < batch.count; i++) {
    reader.next();
    const { offset } = record;
    if (offset < position.next) continue;
    if (count === recordsMax) return count;
    onRecord(record);
    position.next = offset + 1;
    count++;
  }
  position.next = Math.max(position.next, batch.lastOffset + 1);
  return count;
}
