import { pause } from "../shared/lifecycle.ts";
import type { Terminal } from "./terminal.ts";
import { type Pipeline, PipelineError, watchPipeline } from "./pipeline.ts";
import type { Progress } from "./progress.ts";
import { Readings } from "./readings.ts";
import { processed, type View } from "./screen.ts";
import type { Steps } from "./steps.ts";

/** What a run is told. */
export interface RunOptions {
  /** Records to wait for; 0: until it is stopped. */
  count: number;
  /** Lines to show below the numbers, while it runs. */
  notes: string[];
  /** Aborted when it is to stop, in order. */
  signal: AbortSignal;
}

/** Milliseconds between two looks at the metrics. */
const REFRESH_INTERVAL_MS = 500;

/** Milliseconds that a stop waits for the consumer to store what is in Kafka. */
const DRAIN_TIMEOUT_MS = 10_000;

/** Milliseconds that the consumer has to count what it has stored. */
const METRICS_TIMEOUT_MS = 2_000;

/**
 * Shows what the pipeline does until it is to stop or all records that were asked for are stored. Then the producer has
 * ended, and all that it sent is stored, unless that is too much to wait for. The rest of the pipeline still runs.
 *
 * @returns Records that are left in Kafka for the next start.
 * @throws {PipelineError} When a part of the pipeline ends too early.
 */
export async function runPipeline(
  pipeline: Pipeline,
  options: RunOptions,
  display: Terminal,
  steps: Steps,
): Promise<number> {
  const run = new PipelineRun(pipeline, options, display, steps);
  return await run.untilDrained();
}

class PipelineRun {
  readonly #readings = new Readings();
  readonly #over = new AbortController();
  #state = "starting";
  #stored = false;
  #stopping = false;

  constructor(
    private readonly pipeline: Pipeline,
    private readonly options: RunOptions,
    private readonly display: Terminal,
    private readonly steps: Steps,
  ) {}

  async untilDrained(): Promise<number> {
    const mayEnd = () => this.#stopping || this.options.count > 0;
    const watching = watchPipeline(this.pipeline, mayEnd, this.#over.signal);
    const showing = this.#show();
    try {
      return await Promise.race([watching, this.#work()]) ?? 0;
    } finally {
      this.#over.abort();
      await showing;
    }
  }

  async #work(): Promise<number> {
    const { signal, count } = this.options;
    const stopped = new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      signal.addEventListener("abort", () => resolve());
    });
    await (count > 0 ? Promise.race([stopped, this.pipeline.producer.ended()]) : stopped);
    this.#stopping = signal.aborted;
    this.#state = "stopping the producer";
    await this.pipeline.producer.stop();
    this.#state = "storing what is in Kafka";
    const { produced, lag: waiting } = await this.#drain();
    await this.#count(produced, waiting);
    this.#state = waiting === 0 ? "all is stored" : "stopped";
    this.#finish();
    const short = count - (produced - this.pipeline.before.produced);
    if (short > 0 && !signal.aborted) {
      throw new PipelineError(
        `The producer has ended ${short} records early.`,
        this.pipeline.producer.lastLines(),
      );
    }
    return waiting;
  }

  /** Waits until all is stored; not too long when somebody waits for this program to stop. */
  async #drain(): Promise<Progress> {
    const { signal } = this.options;
    let since = Infinity;
    for (;; await pause(50)) {
      const progress = await this.pipeline.progress.read();
      if (signal.aborted) since = Math.min(since, performance.now());
      if (progress.lag === 0 || performance.now() - since > DRAIN_TIMEOUT_MS) return progress;
    }
  }

  /** Waits until the consumer has counted what it has stored: it does so after the transaction. */
  async #count(produced: number, waiting: number): Promise<void> {
    const { before } = this.pipeline;
    const expected = produced - before.produced + before.lag - waiting;
    const deadline = performance.now() + METRICS_TIMEOUT_MS;
    for (;; await pause(50)) {
      await this.#read();
      if (processed(this.#readings.last.totals) >= expected || performance.now() > deadline) break;
    }
    this.#readings.correct(this.steps.elapsed, produced - before.produced, waiting);
  }

  async #show(): Promise<void> {
    for (; !this.#over.signal.aborted; await pause(REFRESH_INTERVAL_MS, this.#over.signal)) {
      await this.#read();
      if (this.#over.signal.aborted) return;
      const { totals } = this.#readings.last;
      if (!this.#stored && totals.stored > 0) {
        this.#stored = true;
        this.#state = "running";
        this.steps.print("The first rows are in PostgreSQL.");
      }
      this.display.show(this.#view());
    }
  }

  #finish(): void {
    this.#over.abort();
    this.display.finish({ ...this.#view(), notes: [] });
  }

  async #read(): Promise<void> {
    const { producer, consumer } = this.pipeline;
    const pages = await Promise.all([producer.metrics(), consumer.metrics()]);
    this.#readings.add(this.steps.elapsed, ...pages);
  }

  #view(): View {
    const { count, notes } = this.options;
    const backlog = this.pipeline.before.lag;
    return {
      elapsed: this.steps.elapsed,
      readings: this.#readings,
      state: this.#state,
      count,
      backlog,
      notes,
    };
  }
}
