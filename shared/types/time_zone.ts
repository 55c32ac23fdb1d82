/**
 * Offsets of IANA time zones.
 *
 * @module
 */

const QUARTER_SECONDS = 900;
const CACHE_SIZE_MAX = 10_000;

/**
 * A function from local times, in seconds since 1970-01-01 00:00 local time, to offsets from UTC in seconds. Like PostgreSQL, it uses the
 * offset before the transition for a local time that does not exist, and the one after it for a time that occurs twice.
 *
 * @throws {RangeError} if there is no such time zone
 */
export function timeZoneOffsets(timeZone: string): (localSeconds: number) => number {
  Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(timeZone);
  const exactOffset = (localSeconds: number): number => {
    const local = Temporal.Instant.fromEpochMilliseconds(localSeconds * 1000).toZonedDateTimeISO("UTC")
      .toPlainDateTime();
    const instant = local.toZonedDateTime(timeZone, { disambiguation: "later" });
    return localSeconds - instant.epochMilliseconds / 1000;
  };
  /** Offset of each quarter of an hour without a transition; `undefined` for the others. */
  const quarters = new Map<number, number | undefined>();
  return (localSeconds) => {
    const quarter = Math.floor(localSeconds / QUARTER_SECONDS);
    let offset = quarters.get(quarter);
    if (offset === undefined && !quarters.has(quarter)) {
      const start = quarter * QUARTER_SECONDS;
      offset = exactOffset(start);
      if (exactOffset(start + QUARTER_SECONDS - 1) !== offset) offset = undefined;
      if (quarters.size >= CACHE_SIZE_MAX) quarters.clear();
      quarters.set(quarter, offset);
    }
    return offset ?? exactOffset(Math.floor(localSeconds));
  };
}
