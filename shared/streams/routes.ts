/**
 * The stream `routes`: positions of users over time.
 *
 * @module
 */
import { z } from "zod";
import {
  defineStream,
  type Moment,
  type Random,
  timestamp,
  TIMESTAMP_COLUMN,
  USER_ID_COLUMN,
  userID,
} from "../stream.ts";

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
/** Spreads the directions of users, radians. */
const GOLDEN_ANGLE = 2.399963;

/** Users start near these cities, so that their routes are close enough to each other to be seen on one map. */
const CITIES: readonly (readonly [latitude: number, longitude: number])[] = [
  [40.71, -74.01], // New York
  [34.05, -118.24], // Los Angeles
  [-23.55, -46.63], // São Paulo
  [38.72, -9.14], // Lisbon
  [51.51, -0.13], // London
  [52.52, 13.4], // Berlin
  [6.52, 3.38], // Lagos
  [-1.29, 36.82], // Nairobi
  [28.61, 77.21], // Delhi
  [1.35, 103.82], // Singapore
  [35.68, 139.69], // Tokyo
  [-33.87, 151.21], // Sydney
];
/** Distance from the center in which users start, degrees of latitude. */
const CITY_RADIUS = 0.06;

/**
 * Average speeds of users, m/s: walking, cycling, driving and flying. Their number and that of the cities have no common divisor, so
 * that each city has users of each speed.
 */
const SPEEDS = [1.4, 5, 14, 28, 14, 5, 220];
/** Users above this speed fly. */
const FLYING = 100;
/** Planes do not fly beyond this latitude, degrees, where meridians converge. */
const FLIGHT_LATITUDE_MAX = 60;

function walk({ userID, timestamp, random }: Moment, last: Route | undefined): Route {
  if (!last) return { userID, timestamp, coordinates: startOf(userID, random) };
  const seconds = Math.max(0, timestamp - last.timestamp);
  const average = SPEEDS[userID % SPEEDS.length]!;
  const meters = seconds * average * (0.7 + 0.6 * random());
  // A heading that turns slowly, so that the track looks like a road.
  const sway = Math.sin(timestamp / 97 + userID) * 1.2 + (random() - 0.5) * 0.6;
  const heading = average > FLYING ? flightHeading(userID, sway) : userID * GOLDEN_ANGLE + sway;
  const [latitude, longitude] = last.coordinates;
  const isAtLimit = average > FLYING && Math.abs(latitude) > FLIGHT_LATITUDE_MAX &&
    Math.sign(latitude) === Math.sign(Math.cos(heading));
  const north = isAtLimit ? latitude : latitude + meters * Math.cos(heading) / METERS_PER_DEGREE;
  const narrowing = Math.max(0.05, Math.cos(latitude * Math.PI / 180));
  const east = longitude + meters * Math.sin(heading) / (METERS_PER_DEGREE * narrowing);
  return { userID, timestamp, coordinates: [Math.max(-90, Math.min(90, north)), wrap(east)] };
}

/** A place near the city of a user. */
function startOf(userID: number, random: Random): Route["coordinates"] {
  const [latitude, longitude] = CITIES[userID % CITIES.length]!;
  const [distance, angle] = [CITY_RADIUS * random(), 2 * Math.PI * random()];
  const narrowing = Math.cos(latitude * Math.PI / 180);
  return [latitude + distance * Math.cos(angle), longitude + distance * Math.sin(angle) / narrowing];
}

/** Planes fly east or west with a steady heading, so that their routes cross the map. Radians, 0 is north. */
const flightHeading = (userID: number, sway: number) =>
  (userID % 2 === 0 ? 1 : -1) * Math.PI / 2 + 0.5 * Math.sin(userID * GOLDEN_ANGLE) + sway / 20;

/** Wraps a longitude at the antimeridian. */
const wrap = (longitude: number) =>
  Math.abs(longitude) <= 180 ? longitude : longitude - 360 * Math.round(longitude / 360);

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
