/**
 * Asks the services for their metrics.
 *
 * @module
 */
import { lookup } from "node:dns/promises";
import { codeOf, messageOf } from "../../shared/errors.ts";
import { fetchMetrics } from "../../shared/observe/fetch_metrics.ts";
import type { MetricSample } from "../../shared/observe/parse_metrics.ts";

/** Time a service has to answer, milliseconds. */
const TIMEOUT_MS = 900;
/** Addresses of one name that are asked. */
const ADDRESSES_MAX = 64;

/** One process that was asked. */
export interface Scrape {
  /** Its URL with the address in place of the name; it stays the same as long as the process does. */
  readonly id: string;
  readonly name: string;
  readonly samples?: readonly MetricSample[];
  /** Why there are none. */
  readonly problem?: string;
}

/** Asks all processes that `urls` stand for, at the same time. Never throws. */
export async function scrapeAll(urls: readonly string[]): Promise<Scrape[]> {
  const found = await Promise.all(urls.map(async (url) => {
    const targets = await resolve(url);
    return Array.isArray(targets) ? await Promise.all(targets.map(scrape)) : [targets];
  }));
  return found.flat();
}

interface Target {
  readonly id: string;
  readonly name: string;
}

/** The processes behind a name: a scaled compose service has an address for each. */
async function resolve(text: string): Promise<Target[] | Scrape> {
  const url = new URL(text);
  const host = url.hostname.replace(/^\[(.*)\]$/, "$1");
  try {
    const all = await lookup(host, { all: true });
    // A name with addresses of both kinds is one process with two, not two.
    const four = all.filter(({ family }) => family === 4);
    const addresses = [...new Set((four.length > 0 ? four : all).map(({ address }) => address))].sort();
    return addresses.slice(0, ADDRESSES_MAX).map((address) => {
      const target = new URL(url);
      target.hostname = address.includes(":") ? `[${address}]` : address;
      const name = addresses.length > 1 ? `${host} ${address}` : url.host;
      return { id: target.href, name };
    });
  } catch {
    return { id: text, name: url.host, problem: `There is no host ${host}.` };
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
  if (error instanceof RangeError) return "The response is too long for a page of metrics";
  if (error instanceof DOMException && error.name === "TimeoutError") {
    return `No response within ${TIMEOUT_MS} ms`;
  }
  return codeOf(error) === "ECONNREFUSED" ? "Connection refused" : messageOf(error).slice(0, 200);
}
