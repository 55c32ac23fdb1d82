/**
 * What the page shows, as its address: a link or a reload shows the same.
 *
 * @module
 */

export interface PageState {
  /** Name of the stream on the map; absent: the first one. */
  readonly stream?: string | undefined;
  /** The selected key. */
  readonly key?: string | undefined;
  /** Time in the past, Unix seconds; absent: live. */
  readonly at?: number | undefined;
  /** The map follows the selected key. */
  readonly follow?: boolean | undefined;
}

/** Reads the query of an address. Unknown and invalid parameters are ignored. */
export function parsePageState(query: string): PageState {
  const parameters = new URLSearchParams(query);
  const [stream, key, at] = ["stream", "key", "at"].map((name) => parameters.get(name) || undefined);
  const time = at === undefined ? NaN : Number(at);
  return {
    stream,
    key,
    at: Number.isFinite(time) ? time : undefined,
    follow: key !== undefined && parameters.get("follow") === "1" ? true : undefined,
  };
}

/** The query of an address, empty for the live map without a selected key. */
export function formatPageState({ stream, key, at, follow }: PageState): string {
  const parameters = new URLSearchParams();
  if (stream !== undefined && (key !== undefined || at !== undefined)) parameters.set("stream", stream);
  if (key !== undefined) parameters.set("key", key);
  if (key !== undefined && follow) parameters.set("follow", "1");
  if (at !== undefined) parameters.set("at", String(at));
  const query = parameters.toString();
  return query === "" ? "" : `?${query}`;
}
