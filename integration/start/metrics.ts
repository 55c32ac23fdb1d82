import { type MetricSample, parseMetrics } from "../../shared/observe/parse_metrics.ts";

/** Fetches and parses a page of metrics; nothing when nobody answers (within a second). */
export async function fetchMetrics(url: string): Promise<MetricSample[] | undefined> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(1_000) });
    const text = await response.text();
    return response.ok ? parseMetrics(text) : undefined;
  } catch {
    return undefined;
  }
}
