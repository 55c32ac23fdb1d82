/**
 * What the pages have to know of a stream, from its definition alone.
 *
 * @module
 */
import type { Stream } from "../shared/stream.ts";
import type { StreamInfo } from "./protocol.ts";

const placeOf = ({ fields }: Stream): readonly [number, number] | undefined => {
  const [latitude, longitude] = ["latitude", "longitude"].map((name) =>
    fields.findIndex(({ column }) => column === name)
  );
  return latitude! >= 0 && longitude! >= 0 ? [latitude!, longitude!] : undefined;
};

/** Whether the stream's records are places, to be shown on the map. */
export const isPlace = (stream: Stream): boolean => placeOf(stream) !== undefined;

/** A stream, as the pages are told of it. */
export function streamInfo(stream: Stream): StreamInfo {
  const { name, about, table, fields } = stream;
  const place = placeOf(stream);
  return {
    name,
    about,
    table,
    fields: fields.map(({ column, min, max }) => ({ column, min, max })),
    ...place ? { place } : {},
  };
}
