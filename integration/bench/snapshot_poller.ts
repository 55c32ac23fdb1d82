/**
 * Measures when transactions become visible to other sessions.
 *
 * @module
 */
import type pg from "pg";
import type { Bench } from "./servers.ts";

/** `xmin` contains the lower 32 bits of a transaction ID. */
const XID_MODULUS = 2 ** 32;
/**
 * Duration of a polling statement. While a statement runs, PostgreSQL keeps all row versions that its snapshot may see. Each transaction
 * of the consumer scans those of its progress.
 */
const STATEMENT_MS = 50;
/** Readings of the server's clock; the one with the shortest round trip is used. */
const CLOCK_READINGS = 20;

/**
 * Reads the snapshot every millisecond, within the server: a client with the same interval uses a third of a core. The clock is read
 * after the snapshot, so a measured time is late by at most one interval, and never early.
 */
const POLL_FUNCTION_SQL =
  `CREATE FUNCTION bench_poll_snapshots() RETURNS TABLE (at float8, snapshot text) LANGUAGE plpgsql AS $$
BEGIN
  LOOP
    snapshot := pg_current_snapshot()::text;
    at := extract(epoch FROM clock_timestamp()) * 1000;
    RETURN NEXT;
    EXIT WHEN clock_timestamp() > statement_timestamp() + interval '${STATEMENT_MS} ms';
    PERFORM pg_sleep(0.001);
  END LOOP;
END $$`;

interface Snapshot {
  /** Unix milliseconds by this machine's clock. */
  readonly at: number;
  /** The first transaction ID that was not yet assigned. */
  readonly xmax: number;
  /** Transactions before `xmax` that were in progress. */
  readonly inProgress: readonly number[];
}

/** Polls the transaction snapshots of a database. */
export class SnapshotPoller {
  readonly #snapshots: Snapshot[] = [];
  readonly #visibleAt = new Map<number, number>();
  readonly #polling: Promise<void>;
  #isStopped = false;

  private constructor(private readonly client: pg.Client, clockOffsetMs: number) {
    this.#polling = this.#poll(clockOffsetMs);
  }

  static async start(bench: Bench): Promise<SnapshotPoller> {
    const { client } = bench;
    await client.query(`DROP FUNCTION IF EXISTS bench_poll_snapshots; ${POLL_FUNCTION_SQL}`);
    const clockOffsetMs = await readClockOffset(client);
    return new SnapshotPoller(await bench.connect(), clockOffsetMs);
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#polling;
    await this.client.end();
  }

  async #poll(clockOffsetMs: number): Promise<void> {
    // The last statement starts after stop(), to include every transaction that was committed before.
    for (let isLast = false; !isLast;) {
      isLast = this.#isStopped;
      const { rows } = await this.client.query<{ at: number; snapshot: string }>(
        "SELECT at, snapshot FROM bench_poll_snapshots()",
      );
      for (const row of rows) this.#snapshots.push(parseSnapshot(row, clockOffsetMs));
    }
  }

  /**
   * Time of the first snapshot in which a transaction was visible: its ID was less than `xmax`, and it was not in progress.
   *
   * @param xid the transaction ID, as in `xmin`
   * @returns Unix milliseconds
   * @throws {Error} if the transaction was visible in no snapshot
   */
  visibleAt(xid: number): number {
    const known = this.#visibleAt.get(xid);
    if (known !== undefined) return known;
    // Binary search: snapshots are in chronological order, and xmax never decreases.
    let low = 0, high = this.#snapshots.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#snapshots[middle]!.xmax > xid) high = middle;
      else low = middle + 1;
    }
    while (this.#snapshots[low]?.inProgress.includes(xid)) low++;
    const at = this.#snapshots[low]?.at;
    if (at === undefined) throw new Error(`Transaction ${xid} was visible in no snapshot.`);
    this.#visibleAt.set(xid, at);
    return at;
  }

  /** Returns the interval between snapshots, milliseconds, that was not exceeded during 99 % of the time. */
  resolution(): number {
    const intervals = Float64Array.from(
      this.#snapshots.slice(1),
      ({ at }, index) => at - this.#snapshots[index]!.at,
    ).sort();
    let remaining = intervals.reduce((sum, interval) => sum + interval, 0) * 0.01;
    for (const interval of intervals.reverse()) if ((remaining -= interval) < 0) return interval;
    return 0;
  }
}

function parseSnapshot({ at, snapshot }: { at: number; snapshot: string }, clockOffsetMs: number): Snapshot {
  const [, xmax, inProgress] = snapshot.split(":");
  return {
    at: at - clockOffsetMs,
    xmax: Number(xmax) % XID_MODULUS,
    inProgress: inProgress === "" ? [] : inProgress!.split(",").map((xid) => Number(xid) % XID_MODULUS),
  };
}

/**
 * Returns how far the server's clock is ahead of this machine's, milliseconds. The error is at most half of the shortest round trip.
 */
async function readClockOffset(client: pg.Client): Promise<number> {
  let best = { roundTripMs: Infinity, offsetMs: 0 };
  for (let n = 0; n < CLOCK_READINGS; n++) {
    const before = now();
    const { rows: [row] } = await client.query<{ at: number }>(
      "SELECT (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS at",
    );
    const roundTripMs = now() - before;
    if (roundTripMs < best.roundTripMs) {
      best = { roundTripMs, offsetMs: row!.at - (before + roundTripMs / 2) };
    }
  }
  return best.offsetMs;
}

const now = () => performance.timeOrigin + performance.now();
