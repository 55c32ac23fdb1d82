import assert from "assert";
import { waitUntil } from "./servers/wait_until.ts";
import { Terminal } from "./terminal.ts";
import { type Pipeline, PipelineError } from "./pipeline.ts";
import type { Progress } from "./progress.ts";
import { runPipeline } from "./run.ts";
import { Steps } from "./steps.ts";

/** A pipeline whose parts are controlled by the test. */
class FakePipeline {
  produced = 0;
  stored = 0;
  reads = 0;
  readonly up = { postgres: true, kafka: true };
  readonly producer = this.#service("producer", () => [["producer_records_sent_total", {}, this.produced]]);
  readonly consumer = this.#service("consumer", () => [
    ["consumer_records_total", { outcome: "stored" }, this.stored],
  ]);

  /** @param progress results of the reads; the last one is repeated */
  constructor(readonly progress: Progress[] = [{ produced: 0, lag: 0 }]) {}

  run(count: number, signal = new AbortController().signal, keyboard?: { key(): Promise<void> }) {
    const output = { text: "", write: (text: string) => void (output.text += text) };
    const terminal = new Terminal({
      write: output.write,
      isTerminal: () => false,
      width: () => 80,
      hasColors: () => false,
    });
    const options = { count, signal, ...keyboard && { keyboard } };
    const left = runPipeline(this.#pipeline(), options, terminal, new Steps(terminal));
    return { left, output };
  }

  #pipeline(): Pipeline {
    const server = (name: "postgres" | "kafka") => ({
      running: () => Promise.resolve(this.up[name]),
      logs: () => `${name} log`,
    });
    const read = () => Promise.resolve(this.progress[Math.min(this.reads++, this.progress.length - 1)]!);
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
      lastLines: () => [`${name} log`],
    };
    return service;
  }
}

Deno.test("runPipeline() waits for storage and metrics when there is a count", async () => {
  const pipeline = new FakePipeline([
    { produced: 9, lag: 5 },
    { produced: 9, lag: 2 },
    { produced: 9, lag: 0 },
  ]);
  const { left, output } = pipeline.run(9);
  pipeline.producer.end(0);
  await waitUntil("three reads", () => pipeline.reads === 3, { pollIntervalMs: 5 });
  pipeline.stored = 9;
  assert.equal(await left, 0);
  assert.match(output.text, /all records stored, produced 9 .*stored 9 .*lag 0, 100 % of 9\n$/);
});

Deno.test("runPipeline() waits for a key or the signal when the count is stored", async () => {
  for (const ends of ["key", "signal"] as const) {
    const pipeline = new FakePipeline([{ produced: 9, lag: 0 }]);
    pipeline.stored = 9;
    const key = Promise.withResolvers<void>(), stop = new AbortController();
    const { left, output } = pipeline.run(9, stop.signal, { key: () => key.promise });
    let ended = false;
    left.then(() => ended = true);
    pipeline.producer.end(0);
    await waitUntil("the message", () => output.text.includes("Press a key to stop."), { pollIntervalMs: 5 });
    assert.equal(ended, false);
    if (ends === "key") key.resolve();
    else stop.abort();
    assert.equal(await left, 0);
  }
});

Deno.test("runPipeline() throws when a part exits while it waits for a key", async () => {
  const pipeline = new FakePipeline([{ produced: 9, lag: 0 }]);
  pipeline.stored = 9;
  const { left, output } = pipeline.run(9, undefined, { key: () => new Promise(() => {}) });
  pipeline.producer.end(0);
  await waitUntil("the message", () => output.text.includes("Press a key"), { pollIntervalMs: 5 });
  pipeline.consumer.end(1);
  await assert.rejects(left, /^PipelineError: The consumer exited with code 1/);
});

Deno.test("runPipeline() waits for no key when it is stopped before the count is stored", async () => {
  const pipeline = new FakePipeline([{ produced: 9, lag: 0 }]);
  pipeline.stored = 9;
  const stop = new AbortController();
  const { left, output } = pipeline.run(99, stop.signal, { key: () => assert.fail("waited") });
  stop.abort();
  assert.equal(await left, 0);
  assert.doesNotMatch(output.text, /Press a key/);
});

Deno.test("runPipeline() stops the producer and drains when the signal is aborted", async () => {
  const pipeline = new FakePipeline([{ produced: 9, lag: 1 }, { produced: 9, lag: 0 }]);
  pipeline.stored = 9;
  const stop = new AbortController();
  const { left, output } = pipeline.run(0, stop.signal);
  await waitUntil("the stored rows", () => output.text.includes("stored 9"), { pollIntervalMs: 5 });
  assert.equal(pipeline.producer.running, true);
  stop.abort();
  assert.equal(await left, 0);
  assert.equal(pipeline.producer.running, false);
  assert.equal(pipeline.reads, 2);
});

Deno.test("runPipeline() throws when a server or a service has exited", async () => {
  const rejects = async (
    end: (pipeline: FakePipeline) => void,
    message: RegExp,
    exitCode: number,
    log: string,
  ) => {
    const pipeline = new FakePipeline();
    const { left } = pipeline.run(0);
    end(pipeline);
    await assert.rejects(left, (error) => {
      assert.ok(error instanceof PipelineError);
      assert.match(error.message, message);
      assert.deepEqual([error.exitCode, error.log], [exitCode, [log]]);
      return true;
    });
  };
  await rejects((pipeline) => pipeline.up.kafka = false, /^Kafka exited/, 1, "kafka log");
  await rejects((pipeline) => pipeline.up.postgres = false, /^PostgreSQL exited/, 1, "postgres log");
  await rejects(
    (pipeline) => pipeline.consumer.end(2),
    /^The consumer exited with code 2.*consumer.log/,
    2,
    "consumer log",
  );
  await rejects(
    (pipeline) => pipeline.producer.end(0),
    /^The producer exited with code 0/,
    1,
    "producer log",
  );
});

Deno.test("runPipeline() throws when the producer exits before the count is reached", async () => {
  const pipeline = new FakePipeline([{ produced: 7, lag: 0 }]);
  pipeline.stored = 7;
  const { left } = pipeline.run(9);
  pipeline.producer.end(0);
  await assert.rejects(left, /The producer exited 2 records before --count/);
});
