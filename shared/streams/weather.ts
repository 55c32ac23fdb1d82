/**
 * The stream `weather`: readings of weather stations. It has no generator: the producer generates records from the schema.
 *
 * @module
 */
import { z } from "zod";
import { defineStream } from "../stream.ts";
import { decimal } from "../types/decimal.ts";

const schema = z.object({
  id: z.uuid(),
  station: z.string().min(1).max(40),
  measuredAt: z.iso.datetime({ offset: true }),
  sentAt: z.int().min(0),
  day: z.iso.date(),
  temperature: decimal({ min: "-60", max: "50" }).meta({ title: "°C" }),
  humidity: z.int().min(0).max(100).meta({ title: "%" }),
  pressure: z.number().min(850).max(1_100).meta({ title: "hPa" }),
  rainfall: z.number().min(0).max(500).nullable().meta({ title: "mm" }),
  lightningStrikes: z.bigint().min(0n).max(5_000n),
  sky: z.enum(["clear", "cloudy", "overcast", "fog"]),
  isAutomatic: z.boolean().default(true),
  tags: z.array(z.string().max(20)).max(5),
  gusts: z.array(z.number().min(0).max(120)).max(5).meta({ title: "m/s" }),
  note: z.string().nullish(),
  instruments: z.record(z.string(), z.json()).optional(),
  image: z.base64().optional(),
});

export default defineStream({
  name: "weather",
  topic: "weather",
  table: "weather",
  about: "readings of weather stations",
  schema,
  columns: [
    { name: "id", type: "uuid", path: ["id"] },
    { name: "station", type: "varchar(40)", path: ["station"] },
    { name: "measured_at", type: "timestamptz", path: ["measuredAt"] },
    { name: "sent_at", type: "timestamp", path: ["sentAt"], epoch: "ms" },
    { name: "day", type: "date", path: ["day"] },
    { name: "temperature", type: "numeric(5,2)", path: ["temperature"] },
    { name: "humidity", type: "smallint", path: ["humidity"] },
    { name: "pressure", type: "real", path: ["pressure"] },
    { name: "rainfall", type: "double precision", path: ["rainfall"] },
    { name: "lightning_strikes", type: "bigint", path: ["lightningStrikes"] },
    { name: "sky", type: "sky", path: ["sky"] },
    { name: "is_automatic", type: "boolean", path: ["isAutomatic"] },
    { name: "tags", type: "text[]", path: ["tags"] },
    { name: "gusts", type: "real[]", path: ["gusts"] },
    { name: "note", type: "text", path: ["note"] },
    { name: "instruments", type: "jsonb", path: ["instruments"] },
    { name: "image", type: "bytea", path: ["image"] },
    { name: "received_at", metadata: "timestamp" },
  ],
  key: "station",
});
