/**
 * `deno task stream:check`: checks a stream, prints its table, and validates the records of its topic.
 *
 * @module
 */
import { basename } from "node:path";
import { createRowDecoder, decodeValue } from "../shared/codec/row_decoder.ts";
import { EXIT, PermanentError } from "../shared/errors.ts";
import { escapeUnprintable } from "../shared/escape.ts";
import { CommandOutput } from "../shared/observe/command_output.ts";
import { bindDeclaredTypes } from "../shared/schema/bind_stream.ts";
import { streamTableStatements } from "../shared/schema/stream_table.ts";
import { runService } from "../shared/service.ts";
import { PROGRAMS } from "../shared/settings/programs.ts";
import type { Settings } from "../shared/settings/table.ts";
import type { Stream } from "../shared/stream.ts";
import { loadStreamFile, loadStreams } from "../shared/streams.ts";
import { RowBuffer } from "../shared/types/row_buffer.ts";
import { type ReadRecord, readTopic } from "./read_topic.ts";

/** Rejections that are printed. */
const SHOWN_MAX = 5;

async function load(operand: string, settings: Settings): Promise<Stream> {
  if (operand.endsWith(".json")) {
    return loadStreamFile(basename(operand, ".json"), operand, settings.KAFKA_TOPIC_PREFIX);
  }
  const [stream] = await loadStreams([operand], settings.KAFKA_TOPIC_PREFIX, settings.STREAMS_DIRECTORY);
  return stream!;
}

/** Topic, table and write mode, with the statements that create the table. */
export function describe(stream: Stream): string {
  const { name, topic, about, write } = stream;
  const mode = write?.mode === "upsert"
    ? `upsert by ${write.key.join(", ")}; tombstones: ${write.tombstones}`
    : "append";
  return `Stream ${name}: ${about}\nTopic: ${topic}\nWrite mode: ${mode}\n\n${
    streamTableStatements(stream)
  };\n`;
}

/** Counts the records that a stream accepts. */
export class Tally {
  readonly #decode;
  readonly #rows = new RowBuffer();
  readonly #reasons = new Map<string, number>();
  readonly #shown: string[] = [];
  #accepted = 0;

  constructor(private readonly stream: Stream) {
    this.#decode = createRowDecoder(bindDeclaredTypes(stream));
  }

  add(record: ReadRecord): void {
    const { value, partition, offset } = record;
    this.#rows.length = 0;
    const rejection = decodeValue(this.#decode, value, this.#rows, record);
    if (!rejection) {
      this.#accepted++;
      return;
    }
    const { reason, detail } = rejection;
    this.#reasons.set(reason, (this.#reasons.get(reason) ?? 0) + 1);
    if (this.#shown.length < SHOWN_MAX) {
      this.#shown.push(
        `  ${this.stream.topic}[${partition}]@${offset}: ${reason}: ${escapeUnprintable(detail)}`,
      );
    }
  }

  /** The counts, and the first rejections. */
  text(): string {
    const rejected = [...this.#reasons.values()].reduce((sum, count) => sum + count, 0);
    const total = this.#accepted + rejected;
    const counts =
      `Read ${total} records of ${this.stream.topic}: ${this.#accepted} accepted, ${rejected} rejected.`;
    if (rejected === 0) return counts;
    const reasons = [...this.#reasons].map(([reason, count]) => `  ${count} × ${reason}`);
    return [counts, ...reasons, "First rejections:", ...this.#shown].join("\n");
  }
}

// At the end, because it waits for the service while the rest of the module would not be initialized.
if (import.meta.main) {
  await runService({
    name: "stream:check",
    operand: "FILE",
    groups: PROGRAMS.tools,
    about: "Checks a stream, given as its file or its name, prints the SQL of its table, and validates the " +
      "first records of its topic. --records 0 does not connect to Kafka.",
    logTo: "stderr",
    run: async (settings, _warnings, log, _signal, operand) => {
      if (operand === undefined) {
        throw new PermanentError({
          code: "ARGUMENT_MISSING",
          cause: "no stream is given",
          remedy: "Write deno task stream:check FILE, such as res/streams/orders.json.",
        });
      }
      const stream = await load(operand, settings);
      const output = new CommandOutput();
      await output.print(describe(stream));
      if (settings.TOOLS_RECORDS > 0) {
        const tally = new Tally(stream);
        await readTopic(settings, stream.topic, settings.TOOLS_RECORDS, log, (record) => tally.add(record));
        await output.print(tally.text());
      }
      return output.exitCode(EXIT.ok);
    },
  });
}
