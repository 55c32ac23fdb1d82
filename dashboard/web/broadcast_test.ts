import assert from "assert";
import { Broadcast } from "./broadcast.ts";

const ADDRESS = "192.0.2.1";

interface Event {
  event: string;
  data: unknown;
}

/** A page that reads events one by one. */
class Page {
  readonly #reader;
  #text = "";

  constructor(stream: ReadableStream<Uint8Array>) {
    this.#reader = stream.pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>)
      .getReader();
  }

  async next(): Promise<Event | undefined> {
    for (;;) {
      const [, event, data, rest] =
        /^(?:(?:retry: \d+|:)\n\n)*event: (.*)\ndata: (.*)\n\n([^]*)$/.exec(this.#first()) ?? [];
      if (event !== undefined) {
        this.#text = this.#text.slice(this.#first().length - rest!.length);
        return { event, data: JSON.parse(data!) };
      }
      const { value, done } = await this.#reader.read();
      if (done) return undefined;
      this.#text += value;
    }
  }

  close = () => this.#reader.cancel();

  #first(): string {
    const end = this.#text.indexOf("\n\n", this.#text.indexOf("data:"));
    return this.#text.includes("data:") && end >= 0 ? this.#text.slice(0, end + 2) : "";
  }
}

Deno.test("Broadcast.open() sends a snapshot first and then updates", async () => {
  const broadcast = new Broadcast(() => "all");
  const page = new Page(broadcast.open(ADDRESS));
  assert.deepEqual(await page.next(), { event: "snapshot", data: "all" });
  broadcast.publish("one");
  broadcast.publish("two");
  assert.deepEqual(await page.next(), { event: "update", data: "one" });
  assert.deepEqual(await page.next(), { event: "update", data: "two" });
  await page.close();
  assert.equal(broadcast.viewers(), 0);
});

Deno.test("Broadcast.open() sends a snapshot again when a page is too slow", async () => {
  let state = 0;
  let encoded = 0;
  const broadcast = new Broadcast(() => {
    encoded++;
    return state;
  });
  const slow = new Page(broadcast.open(ADDRESS));
  const fast = new Page(broadcast.open(ADDRESS));
  await slow.next();
  await fast.next();
  for (state = 1; state <= 1_000; state++) {
    broadcast.publish(state);
    assert.equal((await fast.next())!.data, state);
  }
  state = 1_000;
  const seen = [];
  for (let event = await slow.next(); event; event = await slow.next()) {
    seen.push(event);
    if (event.data === 1_000) break;
  }
  // Some updates were buffered.
  assert.ok(seen.length < 12, `${seen.length} events`);
  assert.ok(seen.some(({ event }) => event === "snapshot"));
  assert.equal(encoded, 2);
  await slow.close();
  await fast.close();
});

Deno.test("Broadcast.viewers() counts the pages of an address while they are open", async () => {
  const broadcast = new Broadcast(() => "all");
  const pages = [ADDRESS, ADDRESS, "192.0.2.2"].map((address) => new Page(broadcast.open(address)));
  assert.deepEqual([broadcast.viewers(), broadcast.viewers(ADDRESS), broadcast.viewers("192.0.2.3")], [
    3,
    2,
    0,
  ]);
  await pages[0]!.close();
  assert.equal(broadcast.viewers(ADDRESS), 1);
  broadcast.close();
  assert.equal(broadcast.viewers(ADDRESS), 0);
});

Deno.test("Broadcast.publish() encodes nothing when no page is open", () => {
  const broadcast = new Broadcast(() => "all");
  broadcast.publish({
    toJSON() {
      throw new Error("encoded");
    },
  });
});

Deno.test("Broadcast.close() ends the streams of all pages", async () => {
  const counts: number[] = [];
  const broadcast = new Broadcast(() => "all", (count) => counts.push(count));
  const page = new Page(broadcast.open(ADDRESS));
  await page.next();
  broadcast.close();
  assert.equal(await page.next(), undefined);
  assert.deepEqual(counts, [1, 0]);
});
