/**
 * Measures when transactions become visible to other sessions.
 *
 * @module
 */
import type pg from "pg";
import type { Bench } from "./servers.ts";

/** 2^32: what `xmin` leaves out of a transaction's number. */
const EPOCH = 2 ** 32;
/**
 * For how long a statement looks, milliseconds. For as long as one runs, the server keeps what its snapshot may see: of the consumer's
 * progress each version there was, over which its next transaction has to go.
 */
const STATEMENT_MS = 50;
/** Looks at the server's clock; the one that took least time counts. */
const CLOCK_LOOKS = 20;

/**
 * Looks, every millisecond, from within the server: a client that asked as often would take a third of a processor. The clock is read
 * after the snapshot is taken, so that what is found is late, by one look at most, and never early.
 */
const WATCH_SQL =
  `CREATE FUNCTION bench_watch() RETURNS TABLE (at float8, snapshot text) LANGUAGE plpgsql AS $$
BEGIN
  LOOP
    snapshot := pg_current_snapshot()::text;
    at := extract(epoch FROM clock_timestamp()) * 1000;
    RETURN NEXT;
    EXIT WHEN clock_timestamp() > statement_timestamp() + interval '${STATEMENT_MS} ms';
    PERFORM pg_sleep(0.001);
  END LOOP;
END $$`;

interface Look {
  /** Unix milliseconds, by this machine's clock. */
  readonly at: number;
  /** The first transaction that had not begun, and those before it that had not ended. */
  readonly xmax: number;
  readonly running: readonly number[];
}

/** A watch over a database. */
export class Watch {
  readonly #looks: Look[] = [];
  readonly #seen = new Map<number, number>();
  readonly #looking: Promise<void>;
  #ending = false;

  private constructor(private readonly watcher: pg.Client, ahead: number) {
    this.#looking = this.#look(ahead);
  }

  /** Begins. */
  static async start(bench: Bench): Promise<Watch> {
    const { client } = bench;
    await client.query(`DROP FUNCTION IF EXISTS bench_watch; ${WATCH_SQL}`);
    const ahead = await clockAhead(client);
    return new Watch(await bench.connect(), ahead);
  }

  /** Ends it. */
  async stop(): Promise<void> {
    this.#ending = true;
    await this.#looking;
    await this.watcher.end();
  }

  async #look(ahead: number): Promise<void> {
    // Once more after the end: what is visible by then is to be seen.
    for (let last = false; !last;) {
      last = this.#ending;
      const { rows } = await this.watcher.query<{ at: number; snapshot: string }>(
        "SELECT at, snapshot FROM bench_watch()",
      );
      for (const row of rows) this.#looks.push(look(row, ahead));
    }
  }

  /**
   * When a transaction was first seen to be visible, Unix milliseconds: when it was below a snapshot's `xmax` and not in progress.
   *
   * @param xid as `xmin` has it
   * @throws {Error} where it never was
   */
  seen(xid: number): number {
    const known = this.#seen.get(xid);
    if (known !== undefined) return known;
    // The looks are in order of time, and xmax only grows: begin where it passed this transaction.
    let low = 0, high = this.#looks.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#looks[middle]!.xmax > xid) high = middle;
      else low = middle + 1;
    }
    while (this.#looks[low]?.running.includes(xid)) low++;
    const at = this.#looks[low]?.at;
    if (at === undefined) throw new Error(`Transaction ${xid} was never seen to be visible.`);
    this.#seen.set(xid, at);
    return at;
  }

  /** The time between two looks within which 99 % of the time lies, milliseconds. */
  resolution(): number {
    const gaps = Float64Array.from(this.#looks.slice(1), ({ at }, look) => at - this.#looks[look]!.at).sort();
    let rest = gaps.reduce((sum, gap) => sum + gap, 0) * 0.01;
    for (let gap = gaps.length - 1; gap >= 0; gap--) if ((rest -= gaps[gap]!) < 0) return gaps[gap]!;
    return 0;
  }
}

function look({ at, snapshot }: { at: number; snapshot: string }, ahead: number): Look {
  const [, xmax, running] = snapshot.split(":");
  return {
    at: at - ahead,
    xmax: Number(xmax) % EPOCH,
    running: running === "" ? [] : running!.split(",").map((xid) => Number(xid) % EPOCH),
  };
}

/** By how much the server's clock is ahead of ours, milliseconds: to half the time of the fastest of some round trips. */
async function clockAhead(client: pg.Client): Promise<number> {
  let best = { took: Infinity, ahead: 0 };
  for (let n = 0; n < CLOCK_LOOKS; n++) {
    const before = now();
    const { rows: [found] } = await client.query<{ at: number }>(
      "SELECT (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS at",
    );
    const took = now() - before;
    if (took < best.took) best = { took, ahead: found!.at - (before + took / 2) };
  }
  return best.ahead;
}

const now = () => performance.timeOrigin + performance.now();
