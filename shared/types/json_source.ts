/**
 * JSON as the record has it.
 *
 * @module
 */

/**
 * The source bytes of a value: valid JSON in UTF-8 without white space around it. The types `json` and `jsonb` store these bytes, so that
 * all members and all digits are kept. The bytes are only valid during the call that receives them.
 */
export class JsonSource {
  constructor(readonly bytes: Uint8Array, readonly start: number, readonly end: number) {}
}
