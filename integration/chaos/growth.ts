/**
 * Whether what a process holds stays as it is.
 *
 * @module
 */
import type { TestService } from "../harness/service.ts";

/** Readings that there must be, or nothing is said: a process takes its time to reach its size. */
const FEWEST = 9;

/** How much more there may be in the last third of a run than in the first one: so much of it, and so many. */
interface Allowance {
  readonly share: number;
  readonly plus: number;
}

/**
 * Holds the median of the last third of some readings against that of the first third.
 *
 * @param values in the order in which they were read
 * @returns what was found; `grown` where it is more than `allowed`
 */
export function growthOf(
  values: readonly number[],
  { share, plus }: Allowance,
): { first: number; last: number; grown: boolean } | undefined {
  if (values.length < FEWEST) return undefined;
  const third = Math.floor(values.length / 3);
  const first = median(values.slice(0, third)), last = median(values.slice(-third));
  return { first, last, grown: last > first * (1 + share) + plus };
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)]!;
}

/** Memory and open files of some services over a run. */
export class Growth {
  readonly #readings = new Map<TestService, { megabytes: number[]; files: number[] }>();

  /** Reads them now. */
  async read(services: readonly TestService[]): Promise<void> {
    for (const service of services) {
      const bytes = (await service.metrics()).sum("process_resident_memory_bytes");
      const files = await service.openFiles();
      if (!(bytes > 0 && files > 0)) {
        throw new Error(`${service.name} does not say what it holds: ${bytes}, ${files}`);
      }
      const readings = this.#readings.get(service) ?? { megabytes: [], files: [] };
      this.#readings.set(service, readings);
      readings.megabytes.push(bytes / 1e6);
      readings.files.push(files);
    }
  }

  /** One line a service and quantity; those that have grown are `problems`. */
  report(): { lines: string[]; problems: string[] } {
    const lines: string[] = [], problems: string[] = [];
    for (const [{ name }, { megabytes, files }] of this.#readings) {
      for (
        const [what, values, allowed] of [
          ["MB resident", megabytes, { share: 0.25, plus: 40 }],
          ["open files", files, { share: 0, plus: 8 }],
        ] as const
      ) {
        const found = growthOf(values, allowed);
        const line = found
          ? `${name}: ${found.first.toFixed(0)} → ${
            found.last.toFixed(0)
          } ${what} (medians of the first and the last third)`
          : `${name}: ${values.at(-1)?.toFixed(0)} ${what}; too few readings to tell whether they grow`;
        lines.push(line);
        if (found?.grown) problems.push(line);
      }
    }
    return { lines, problems };
  }
}
