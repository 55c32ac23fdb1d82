/**
 * The stream `battery`: charge of the battery of a user's device over time.
 *
 * @module
 */
import { z } from "zod";
import { defineStream, timestamp, TIMESTAMP_COLUMN, USER_ID_COLUMN, userID } from "../stream.ts";

interface Battery {
  userID: number;
  timestamp: number;
  /** Charge, 0 (empty) … 1 (full). */
  level: number;
}

const schema = z.object({
  userID,
  timestamp,
  level: z.number({ error: "level is missing or not a finite number" })
    .min(0, { error: "level is below 0" })
    .max(1, { error: "level is above 1" })
    .meta({ title: "charge", description: "0 (empty) to 1 (full)" }),
}, { error: "is not an object" });

/** Fraction of the charge that is used per second: ten hours from full to empty. */
const DRAIN_PER_SECOND = 1 / 36_000;

export default defineStream<Battery>({
  name: "battery",
  topic: "battery",
  table: "battery_table",
  about: "charge of the battery of a user's device over time",
  schema: schema as z.ZodType<Battery>,
  columns: [
    USER_ID_COLUMN,
    TIMESTAMP_COLUMN,
    { name: "level", type: "double precision", path: ["level"] },
  ],
  key: "user_id",
  generate: {
    uniform: ({ userID, timestamp, random }) => ({ userID, timestamp, level: random() }),
    walk: ({ userID, timestamp, random }, last) => {
      if (!last) return { userID, timestamp, level: 0.2 + 0.8 * random() };
      const level = last.level -
        Math.max(0, timestamp - last.timestamp) * DRAIN_PER_SECOND * (0.5 + random());
      // An empty battery is recharged.
      return { userID, timestamp, level: level > 0 ? level : 1 };
    },
  },
});
