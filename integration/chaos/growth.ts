/**
 * Detects processes whose memory or open files grow.
 *
 * @module
 */
import type { TestService } from "../harness/service.ts";

/** With fewer readings the start of the process dominates. */
const READINGS_MIN = 9;

/** Allowed increase from the first third of a run to the last: a share of the first value, plus an amount. */
interface Allowance {
  readonly share: number;
  readonly amount: number;
}

/**
 * Compares the medians of the first and the last third of readings.
 *
 * @param values in the order in which they were read
 * @returns `undefined` if there are fewer than {@link READINGS_MIN}
 */
export function growthOf(
  values: readonly number[],
  { share, amount }: Allowance,
): { first: number; last: number; hasGrown: boolean } | undefined {
  if (values.length < READINGS_MIN) return undefined;
  const third = Math.floor(values.length / 3);
  const first = median(values.slice(0, third)), last = median(values.slice(-third));
  return { first, last, hasGrown: last > first * (1 + share) + amount };
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)]!;
}

/** Memory and open files of services during a run. */
export class Growth {
  readonly #readings = new Map<TestService, { megabytes: number[]; files: number[] }>();

  async read(services: readonly TestService[]): Promise<void> {
    for (const service of services) {
      const bytes = (await service.metrics()).sum("process_resident_memory_bytes");
      const files = await service.openFiles();
      if (!(bytes > 0 && files > 0)) {
        throw new Error(`${service.name} reports ${bytes} bytes and ${files} open files`);
      }
      const readings = this.#readings.get(service) ?? { megabytes: [], files: [] };
      this.#readings.set(service, readings);
      readings.megabytes.push(bytes / 1e6);
      readings.files.push(files);
    }
  }

  /** Returns one line per service and quantity; those that grew are also `problems`. */
  report(): { lines: string[]; problems: string[] } {
    const lines: string[] = [], problems: string[] = [];
    for (const [{ name }, { megabytes, files }] of this.#readings) {
      for (
        const [quantity, values, allowance] of [
          ["MB resident", megabytes, { share: 0.25, amount: 40 }],
          ["open files", files, { share: 0, amount: 8 }],
        ] as const
      ) {
        const growth = growthOf(values, allowance);
        const line = growth
          ? `${name}: ${growth.first.toFixed(0)} → ${
            growth.last.toFixed(0)
          } ${quantity} (medians of the first and the last third)`
          : `${name}: ${values.at(-1)?.toFixed(0)} ${quantity}; too few readings`;
        lines.push(line);
        if (growth?.hasGrown) problems.push(line);
      }
    }
    return { lines, problems };
  }
}
