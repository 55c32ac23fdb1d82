/**
 * Values that are hard to parse, each with its expected row or reason of rejection. Modelled on JSONTestSuite, whose cases are
 * embedded in records of the stream `routes`.
 *
 * @see https://seriot.ch/projects/parsing_json.html
 * @module
 */
import { HOSTILE_JSON } from "./hostile_json.ts";
import { HOSTILE_REJECTED } from "./hostile_rejected.ts";
import { HOSTILE_STORED } from "./hostile_stored.ts";
import type { HostileValue } from "./hostile_value.ts";

/** All hostile values. */
export const HOSTILE_VALUES: readonly HostileValue[] = [
  ...HOSTILE_JSON,
  ...HOSTILE_REJECTED,
  ...HOSTILE_STORED,
];
