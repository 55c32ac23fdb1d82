/**
 * The stream `routes`: positions of users over time.
 *
 * @module
 */
import { z } from "zod";
import { defineStream, type Moment, timestamp, TIMESTAMP_COLUMN, USER_ID_COLUMN, userID } from "../stream.ts";

interface Route {
  userID: number;
  timestamp: number;
  /** Latitude and longitude, degrees. */
  coordinates: [latitude: number, longitude: number];
}

const degrees = (name: "latitude" | "longitude", limit: number) =>
  z.number({ error: `${name} is missing or not a finite number` })
    .min(-limit, { error: `${name} is below -${limit}` })
    .max(limit, { error: `${name} is above ${limit}` });

const schema = z.object({
  userID,
  timestamp,
  coordinates: z.tuple([degrees("latitude", 90), degrees("longitude", 180)], {
    error: "coordinates is not an array of two numbers, [latitude, longitude]",
  }),
}, { error: "is not an object" });

/** Meters per degree of latitude. */
const METERS_PER_DEGREE = 111_320;

/** Average speeds of users, m/s: walking, cycling, city and highway driving. */
const SPEEDS = [1.4, 5, 14, 28];

function walk({ userID, timestamp, random }: Moment, last: Route | undefined): Route {
  if (!last) {
    // Start between 55° south and 65° north.
    return { userID, timestamp, coordinates: [random() * 120 - 55, random() * 360 - 180] };
  }
  const seconds = Math.max(0, timestamp - last.timestamp);
  const speed = SPEEDS[userID % SPEEDS.length]! * (0.7 + 0.6 * random());
  // A heading that turns slowly, so that the track looks like a road.
  const heading = userID * 2.399963 + Math.sin(timestamp / 97 + userID) * 1.2 + (random() - 0.5) * 0.6;
  const [latitude, longitude] = last.coordinates;
  const meters = speed * seconds;
  const north = latitude + meters * Math.cos(heading) / METERS_PER_DEGREE;
  const narrowing = Math.max(0.05, Math.cos(latitude * Math.PI / 180));
  const east = longitude + meters * Math.sin(heading) / (METERS_PER_DEGREE * narrowing);
  return { userID, timestamp, coordinates: [Math.max(-90, Math.min(90, north)), wrap(east)] };
}

/** Wraps a longitude at the antimeridian. */
const wrap = (longitude: number) =>
  longitude > 180 ? longitude - 360 : longitude < -180 ? longitude + 360 : longitude;

export default defineStream<Route>({
  name: "routes",
  topic: "routes",
  table: "routes_table",
  about: "positions of users over time",
  schema: schema as z.ZodType<Route>,
  columns: [
    USER_ID_COLUMN,
    TIMESTAMP_COLUMN,
    { name: "latitude", type: "double precision", path: ["coordinates", 0] },
    { name: "longitude", type: "double precision", path: ["coordinates", 1] },
  ],
  key: "user_id",
  generate: {
    uniform: ({ userID, timestamp, random }) => ({
      userID,
      timestamp,
      coordinates: [random() * 180 - 90, random() * 360 - 180],
    }),
    walk,
  },
});
