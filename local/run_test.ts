import assert from "assert";
import { waitUntil } from "./servers/wait_until.ts";
import { Terminal } from "./terminal.ts";
import { type Pipeline, PipelineError } from "./pipeline.ts";
import type { Progress } from "./progress.ts";
import { runPipeline } from "./run.ts";
import { Steps } from "./steps.ts";

/** A pipeline that does as it is told. */
class Scripted {
  produced = 0;
  stored = 0;
  asked = 0;
  readonly up = { postgres: true, kafka: true };
  readonly producer = this.#service("producer", () => [["producer_records_sent_total", {}, this.produced]]);
  readonly consumer = this.#service("consumer", () => [
    ["consumer_records_total", { outcome: "stored" }, this.stored],
  ]);

  /** @param progress What the servers say, one answer after another; the last one again and again. */
  constructor(readonly progress: Progress[] = [{ produced: 0, lag: 0 }]) {}

  run(count: number, signal = new AbortController().signal) {
    const output = { text: "", write: (text: string) => void (output.text += text) };
    const display = new Terminal({
      ...output,
      write: output.write,
      isTerminal: () => false,
      width: () => 80,
    });
    const left = runPipeline(this.#pipeline(), { count, notes: [], signal }, display, new Steps(display));
    return { left, output };
  }

  #pipeline(): Pipeline {
    const server = (name: "postgres" | "kafka") => ({
      running: () => Promise.resolve(this.up[name]),
      logs: () => `${name} says`,
    });
    const read = () => Promise.resolve(this.progress[Math.min(this.asked++, this.progress.length - 1)]!);
    return {
      ...{ postgres: server("postgres"), kafka: server("kafka") },
      ...{ producer: this.producer, consumer: this.consumer },
      progress: { read },
      before: { produced: 0, lag: 0 },
    } as unknown as Pipeline;
  }

  #service(name: string, samples: () => [string, Record<string, string>, number][]) {
    const { promise, resolve } = Promise.withResolvers<number>();
    const end = (code: number) => {
      service.running = false;
      resolve(code);
    };
    const service = {
      ...{ name, running: true, logFile: `${name}.log`, end },
      ended: () => promise,
      stop: () => (end(0), promise),
      metrics: () =>
        Promise.resolve(
          service.running ? samples().map(([name, labels, value]) => ({ name, labels, value })) : undefined,
        ),
      lastLines: () => [`${name} says`],
    };
    return service;
  }
}

Deno.test("runPipeline() waits until a count is stored, and counted", async () => {
  const pipeline = new Scripted([
    { produced: 9, lag: 5 },
    { produced: 9, lag: 2 },
    { produced: 9, lag: 0 },
  ]);
  const { left, output } = pipeline.run(9);
  pipeline.producer.end(0);
  assert.ok(await waitUntil(() => pipeline.asked === 3, 5_000, 5));
  pipeline.stored = 9;
  assert.equal(await left, 0);
  assert.match(output.text, /all is stored, produced 9 .*stored 9 .*lag 0, 100 % of 9\n$/);
});

Deno.test("runPipeline() stops the producer, and waits for what it sent, when it is to stop", async () => {
  const pipeline = new Scripted([{ produced: 9, lag: 1 }, { produced: 9, lag: 0 }]);
  pipeline.stored = 9;
  const stop = new AbortController();
  const { left, output } = pipeline.run(0, stop.signal);
  assert.ok(await waitUntil(() => output.text.includes("stored 9"), 5_000, 5));
  assert.equal(pipeline.producer.running, true);
  stop.abort();
  assert.equal(await left, 0);
  assert.equal(pipeline.producer.running, false);
  assert.equal(pipeline.asked, 2);
});

Deno.test("runPipeline() rejects when a server or a service has ended", async () => {
  const rejects = async (
    end: (pipeline: Scripted) => void,
    message: RegExp,
    exitCode: number,
    log: string,
  ) => {
    const pipeline = new Scripted();
    const { left } = pipeline.run(0);
    end(pipeline);
    await assert.rejects(left, (error) => {
      assert.ok(error instanceof PipelineError);
      assert.match(error.message, message);
      assert.deepEqual([error.exitCode, error.log], [exitCode, [log]]);
      return true;
    });
  };
  await rejects((pipeline) => pipeline.up.kafka = false, /^Kafka has ended/, 1, "kafka says");
  await rejects((pipeline) => pipeline.up.postgres = false, /^PostgreSQL has ended/, 1, "postgres says");
  await rejects(
    (pipeline) => pipeline.consumer.end(2),
    /^The consumer .* exit code 2.*consumer.log/,
    2,
    "consumer says",
  );
  await rejects((pipeline) => pipeline.producer.end(0), /^The producer .* exit code 0/, 1, "producer says");
});

Deno.test("runPipeline() rejects when the producer ends before the count is reached", async () => {
  const pipeline = new Scripted([{ produced: 7, lag: 0 }]);
  pipeline.stored = 7;
  const { left } = pipeline.run(9);
  pipeline.producer.end(0);
  await assert.rejects(left, /The producer has ended 2 records early/);
});
