/**
 * Fetches a service's metrics.
 *
 * @module
 */
import { httpGet } from "./http_get.ts";
import { type MetricSample, parseMetrics } from "./parse_metrics.ts";

/**
 * Fetches a page in Prometheus' text format and parses it.
 *
 * @param maxBytes of the page
 * @throws what {@link httpGet} throws, and {@link Error} if the status is not 200
 */
export async function fetchMetrics(
  url: string,
  timeoutMs: number,
  maxBytes = 4_000_000,
): Promise<MetricSample[]> {
  const { status, text } = await httpGet(url, timeoutMs, maxBytes);
  if (status !== 200) throw new Error(`HTTP status ${status}`);
  return parseMetrics(text);
}
