/** What a service's `/metrics` said at one moment. */
export class Metrics {
  readonly #samples: { name: string; labels: Record<string, string>; value: number }[] = [];

  /** @param text Prometheus' text format. */
  constructor(text: string) {
    for (const line of text.split("\n")) {
      const match = line.match(/^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)/);
      if (!match) continue;
      const labels: Record<string, string> = {};
      for (const [, name, value] of (match[2] ?? "").matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)) {
        labels[name!] = value!.replaceAll(/\\(.)/g, (_, c) => c === "n" ? "\n" : c);
      }
      this.#samples.push({ name: match[1]!, labels, value: Number(match[3]!.replace("+Inf", "Infinity")) });
    }
  }

  /** The sum of all samples of a name that have these labels; 0 when there is none. */
  sum(name: string, labels: Record<string, string> = {}): number {
    return this.#samples
      .filter((s) => s.name === name && Object.entries(labels).every(([k, v]) => s.labels[k] === v))
      .reduce((sum, s) => sum + s.value, 0);
  }

  /** Whether there is a metric of this name. */
  has(name: string): boolean {
    return this.#samples.some((s) => s.name === name);
  }
}
