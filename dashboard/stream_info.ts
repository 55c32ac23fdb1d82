/**
 * The description of a stream for pages, derived from its definition.
 *
 * @module
 */
import type { Stream } from "../shared/stream.ts";
import type { StreamInfo } from "./protocol.ts";

const placeColumns = ({ fields }: Stream): readonly [number, number] | undefined => {
  const [latitude, longitude] = ["latitude", "longitude"].map((name) =>
    fields.findIndex(({ column }) => column === name)
  );
  return latitude! >= 0 && longitude! >= 0 ? [latitude!, longitude!] : undefined;
};

/** Whether the stream has coordinates and is shown on the map. */
export const hasPlace = (stream: Stream): boolean => placeColumns(stream) !== undefined;

export function streamInfo(stream: Stream): StreamInfo {
  const { name, about, table, fields } = stream;
  const place = placeColumns(stream);
  return {
    name,
    about,
    table,
    fields: fields.map(({ column, min, max }) => ({ column, min, max })),
    ...place ? { place } : {},
  };
}
