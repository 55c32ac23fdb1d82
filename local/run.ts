import { aborted, pause } from "../shared/lifecycle.ts";
import type { Keyboard } from "./keyboard.ts";
import type { Terminal } from "./terminal.ts";
import { type Pipeline, PipelineError, watchPipeline } from "./pipeline.ts";
import type { Progress } from "./progress.ts";
import { Readings } from "./readings.ts";
import { processed, type View } from "./screen.ts";
import type { Steps } from "./steps.ts";

export interface RunOptions {
  /** Records to store; 0: run until stopped. */
  count: number;
  /** Aborted to stop. */
  signal: AbortSignal;
  /** Waits for a key when `count` records are stored. */
  keyboard?: Pick<Keyboard, "key">;
}

const REFRESH_INTERVAL_MS = 500;

/** How long a stop waits for the consumer to store the records in Kafka. */
const DRAIN_TIMEOUT_MS = 10_000;

/** How long to wait for the metrics of the last transaction. */
const METRICS_TIMEOUT_MS = 2_000;

/**
 * Shows the pipeline until it is stopped or `count` records are stored, then stops the producer and waits for the
 * consumer to drain. The other parts keep running.
 *
 * @returns the lag: records in Kafka that are stored at the next start
 * @throws {PipelineError} if a part of the pipeline exits early
 */
export async function runPipeline(
  pipeline: Pipeline,
  options: RunOptions,
  terminal: Terminal,
  steps: Steps,
): Promise<number> {
  const run = new PipelineRun(pipeline, options, terminal, steps);
  return await run.untilDrained();
}

class PipelineRun {
  readonly #readings = new Readings();
  /** Ends the live screen. */
  readonly #done = new AbortController();
  #state = "starting";
  #stored = false;
  #stopping = false;

  constructor(
    private readonly pipeline: Pipeline,
    private readonly options: RunOptions,
    private readonly terminal: Terminal,
    private readonly steps: Steps,
  ) {}

  async untilDrained(): Promise<number> {
    const mayProducerEnd = () => this.#stopping || this.options.count > 0;
    const ended = new AbortController();
    const watching = watchPipeline(this.pipeline, mayProducerEnd, ended.signal);
    const showing = this.#show();
    const running = this.#runUntilDrained().then(async (lag) => {
      await this.#waitForKey();
      return lag;
    });
    try {
      return await Promise.race([watching, running]) ?? 0;
    } finally {
      ended.abort();
      this.#done.abort();
      await showing;
    }
  }

  /** Keeps the other parts running, so that what is stored can be viewed. */
  async #waitForKey(): Promise<void> {
    const { count, keyboard, signal } = this.options;
    if (count === 0 || !keyboard || signal.aborted) return;
    this.terminal.print("Press a key to stop. Until then, the rows and the dashboard can be viewed.", "bold");
    await Promise.race([keyboard.key(), aborted(signal)]);
  }

  async #runUntilDrained(): Promise<number> {
    const { signal, count } = this.options;
    const stopped = aborted(signal);
    await (count > 0 ? Promise.race([stopped, this.pipeline.producer.ended()]) : stopped);
    this.#stopping = signal.aborted;
    this.#state = "stopping the producer";
    await this.pipeline.producer.stop();
    this.#state = "draining";
    const { produced, lag } = await this.#drain();
    await this.#waitForMetrics(produced, lag);
    this.#state = lag === 0 ? "all records stored" : "stopped";
    this.#finish();
    const missing = count - (produced - this.pipeline.before.produced);
    if (missing > 0 && !signal.aborted) {
      throw new PipelineError(
        `The producer exited ${missing} records before --count. Last lines of its log:`,
        this.pipeline.producer.lastLines(),
      );
    }
    return lag;
  }

  /** Waits until the lag is 0, after a stop at most {@link DRAIN_TIMEOUT_MS}. */
  async #drain(): Promise<Progress> {
    const { signal } = this.options;
    let stoppedAt = Infinity;
    for (;; await pause(50)) {
      const progress = await this.pipeline.progress.read();
      if (signal.aborted) stoppedAt = Math.min(stoppedAt, performance.now());
      if (progress.lag === 0 || performance.now() - stoppedAt > DRAIN_TIMEOUT_MS) return progress;
    }
  }

  /** Waits until the metrics include the last transaction: the consumer updates them after the commit. */
  async #waitForMetrics(produced: number, lag: number): Promise<void> {
    const { before } = this.pipeline;
    const expected = produced - before.produced + before.lag - lag;
    const deadline = performance.now() + METRICS_TIMEOUT_MS;
    for (;; await pause(50)) {
      await this.#readMetrics();
      if (processed(this.#readings.last.totals) >= expected || performance.now() > deadline) break;
    }
    this.#readings.correct(this.steps.elapsed, produced - before.produced, lag);
  }

  async #show(): Promise<void> {
    for (; !this.#done.signal.aborted; await pause(REFRESH_INTERVAL_MS, this.#done.signal)) {
      await this.#readMetrics();
      if (this.#done.signal.aborted) return;
      const { totals } = this.#readings.last;
      if (!this.#stored && totals.stored > 0) {
        this.#stored = true;
        this.#state = "running";
        this.steps.print("First rows stored in PostgreSQL.", "green");
      }
      this.terminal.show(this.#view());
    }
  }

  #finish(): void {
    this.#done.abort();
    this.terminal.finish(this.#view());
  }

  async #readMetrics(): Promise<void> {
    const { producer, consumer } = this.pipeline;
    const pages = await Promise.all([producer.metrics(), consumer.metrics()]);
    this.#readings.add(this.steps.elapsed, ...pages);
  }

  #view(): View {
    return {
      elapsed: this.steps.elapsed,
      readings: this.#readings,
      state: this.#state,
      count: this.options.count,
      backlog: this.pipeline.before.lag,
    };
  }
}
