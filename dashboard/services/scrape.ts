/**
 * Scrapes the metrics of the services.
 *
 * @module
 */
import { lookup } from "node:dns/promises";
import { codeOf, messageOf } from "../../shared/errors.ts";
import { fetchMetrics } from "../../shared/observe/fetch_metrics.ts";
import type { MetricSample } from "../../shared/observe/parse_metrics.ts";
import { HostNames } from "./host_names.ts";

const TIMEOUT_MS = 900;
/** Addresses scraped per host name. */
const ADDRESSES_MAX = 64;

const NAMES = new HostNames();

/** Result of scraping one process. */
export interface Scrape {
  /** URL with the address instead of the host name; stable while the process runs. */
  readonly id: string;
  readonly name: string;
  readonly samples?: readonly MetricSample[];
  /** Why there are no samples. */
  readonly problem?: string;
}

/** Scrapes all processes at the URLs concurrently. Never throws. */
export async function scrapeAll(
  urls: readonly string[],
  names: Pick<HostNames, "nameOf"> = NAMES,
): Promise<Scrape[]> {
  const scrapes = await Promise.all(urls.map(async (url) => {
    const targets = await resolve(url, names);
    return Array.isArray(targets) ? await Promise.all(targets.map(scrape)) : [targets];
  }));
  return scrapes.flat();
}

interface Target {
  readonly id: string;
  readonly name: string;
}

/** Resolves all addresses of a host name: a scaled Compose service has one per process. */
async function resolve(text: string, names: Pick<HostNames, "nameOf">): Promise<Target[] | Scrape> {
  const url = new URL(text);
  const host = url.hostname.replace(/^\[(.*)\]$/, "$1");
  try {
    const all = await lookup(host, { all: true });
    // An IPv4 and an IPv6 address usually belong to the same process: prefers IPv4.
    const v4 = all.filter(({ family }) => family === 4);
    const addresses = [...new Set((v4.length > 0 ? v4 : all).map(({ address }) => address))].sort();
    return addresses.slice(0, ADDRESSES_MAX).map((address) => {
      const target = new URL(url);
      target.hostname = address.includes(":") ? `[${address}]` : address;
      const name = names.nameOf(address, host) ?? (addresses.length > 1 ? `${host} ${address}` : url.host);
      return { id: target.href, name };
    });
  } catch {
    return { id: text, name: url.host, problem: `Unknown host ${host}.` };
  }
}

async function scrape({ id, name }: Target): Promise<Scrape> {
  try {
    return { id, name, samples: await fetchMetrics(id, TIMEOUT_MS) };
  } catch (error) {
    return { id, name, problem: `${describeFetchError(error)}.` };
  }
}

function describeFetchError(error: unknown): string {
  if (error instanceof RangeError) return "The response is too large";
  if (error instanceof DOMException && error.name === "TimeoutError") {
    return `No response within ${TIMEOUT_MS} ms`;
  }
  return codeOf(error) === "ECONNREFUSED" ? "Connection refused" : messageOf(error).slice(0, 200);
}
