/**
 * Groups the batches to send into Produce requests.
 *
 * @module
 */
import { BATCH_BYTES_MAX, type PartitionQueue } from "./partition_queue.ts";

/**
 * Returns the queues whose oldest batches are to be sent now, grouped by request. A request has one topic, leader and producer identity
 * and at most {@link BATCH_BYTES_MAX} bytes, unless it is a single batch.
 *
 * If a batch has lingered or is resent, the other batches for its broker are sent with it; otherwise they would soon need a request of
 * their own.
 *
 * @param all whether to send also batches that are neither full nor have lingered
 */
export function dueRequests(
  queues: readonly PartitionQueue[],
  now: number,
  all: boolean,
): PartitionQueue[][] {
  const groups = new Map<string, { queues: PartitionQueue[]; hasLingered: boolean }>();
  for (const queue of queues) {
    if (!queue.canSend(now)) continue;
    // A batch that is resent keeps its identity.
    const identity = queue.failures > 0 ? queue.identity?.producerId ?? "" : "";
    const key = `${queue.leader} ${identity} ${queue.topic}`;
    let group = groups.get(key);
    if (!group) groups.set(key, group = { queues: [], hasLingered: false });
    group.queues.push(queue);
    group.hasLingered ||= all || !queue.isFull(queue.batches[0]!) && queue.dueAt <= now;
  }
  return [...groups.values()].flatMap(({ queues, hasLingered }) =>
    splitBySize(hasLingered ? queues : queues.filter(({ dueAt }) => dueAt <= now))
  );
}

function splitBySize(queues: readonly PartitionQueue[]): PartitionQueue[][] {
  const requests: PartitionQueue[][] = [];
  let size = Infinity;
  for (const queue of queues) {
    const batch = queue.batches[0]!;
    if (size + batch.size > BATCH_BYTES_MAX) {
      requests.push([]);
      size = 0;
    }
    requests.at(-1)!.push(queue);
    size += batch.size;
  }
  return requests;
}
