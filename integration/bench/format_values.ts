/**
 * Values of records as different programs serialize them.
 *
 * @module
 */
import type { Random } from "../../shared/stream.ts";

/** Creates the value of a record. */
export type CreateValue = (random: Random) => string;

const START_SECONDS = 1.7e9;

/** A record of `routes`. Numbers have 15 to 17 digits, as those of the producer. */
const route = (random: Random) => ({
  user: Math.floor(random() * 1_000),
  time: START_SECONDS + random() * 1e6,
  latitude: random() * 180 - 90,
  longitude: random() * 360 - 180,
});

/** Layouts of `routes`. The first one is that of our producer. */
export const LAYOUTS: Readonly<Record<string, CreateValue>> = {
  "own layout": (random) => {
    const { user, time, latitude, longitude } = route(random);
    return `{"userID":${user},"timestamp":${time},"coordinates":[${latitude},${longitude}]}`;
  },
  "other order, white space, alias": (random) => {
    const { user, time, latitude, longitude } = route(random);
    return `{"timestamp": ${time}, "userId": ${user}, "coordinates": [${latitude}, ${longitude}]}`;
  },
  "also two unknown members": (random) => {
    const { user, time, latitude, longitude } = route(random);
    return `{"timestamp": ${time}, "device": "phone-${user}", "userId": ${user}, "coordinates": [${latitude}, ` +
      `${longitude}], "accuracy": ${Math.floor(random() * 100)}}`;
  },
};

const CURRENCIES = ["EUR", "GBP", "USD"];

/** A record of `orders`. @param items JSON of the member of the jsonb column */
function order(random: Random, items: string): string {
  const id = Math.floor(random() * 1e12);
  const amount = (random() * 1_000).toFixed(2);
  const currency = CURRENCIES[Math.floor(random() * CURRENCIES.length)]!;
  const placedAt = new Date((START_SECONDS + random() * 1e6) * 1_000).toISOString();
  const note = random() < 0.5 ? "null" : '"Please ring twice"';
  return `{"id":${id},"customer":"customer ${id % 100_000}","amount":${amount},"currency":"${currency}",` +
    `"placedAt":"${placedAt}","paid":${
      random() < 0.5
    },"items":${items},"tags":["new","gift"],"note":${note}}`;
}

const item = (random: Random) =>
  `{"sku":"A-${Math.floor(random() * 1e5)}","quantity":${1 + Math.floor(random() * 9)}}`;

/** An order of about 250 bytes. */
export const createOrder: CreateValue = (random) => order(random, `[${item(random)},${item(random)}]`);

/** Size of the values of {@link createDocument}. */
const DOCUMENT_BYTES = 10_000;

/** An order of about 10 kB, most of them in the column of type jsonb. */
export const createDocument: CreateValue = (random) => {
  const items: string[] = [];
  for (let bytes = 0; bytes < DOCUMENT_BYTES;) {
    const text = item(random);
    items.push(text);
    bytes += text.length + 1;
  }
  return order(random, `[${items.join(",")}]`);
};
