import { httpGet } from "../shared/observe/http_get.ts";
import { type MetricSample, parseMetrics } from "../shared/observe/parse_metrics.ts";

/** Fetches and parses a page of metrics; nothing when nobody answers (within a second). */
export async function fetchMetrics(url: string): Promise<MetricSample[] | undefined> {
  try {
    const { status, text } = await httpGet(url, 1_000);
    return status === 200 ? parseMetrics(text) : undefined;
  } catch {
    return undefined;
  }
}
