import assert from "assert";
import type { Row } from "../protocol.ts";
import { keyFacts, routeText } from "./key_facts.ts";

/** 0.001 degrees of longitude at the equator are 111.2 m. */
const ROUTE: Row[] = [["7", 0, 0, 0], ["7", 10, 0, 0.001], ["7", 20, 0, 0.002]];
/** The same, and a jump to another place. */
const JUMP: Row[] = [...ROUTE, ["7", 21, 50, 50]];

Deno.test("keyFacts() describes the rows that are shown", () => {
  const facts = Object.fromEntries(keyFacts({ rows: ROUTE, extent: "latest" }, [2, 3]));
  assert.equal(facts["Shown"], "The latest 3 rows");
  assert.equal(facts["Median speed"], "40 km/h");
  assert.equal(facts["Last position"], "0.0000° N  0.0020° E");
  assert.match(facts["Period"]!, /^Jan 1, 1970, .*:00 – .*:20$/);
  assert.deepEqual(keyFacts({ rows: [], extent: "all" }, [2, 3]), []);
});

Deno.test("routeText() has the distance of all plausible parts of a route", () => {
  assert.equal(routeText(ROUTE, [2, 3]), "222 m, 3 positions, from ○ to ●");
  assert.equal(routeText(JUMP, [2, 3]), "222 m, 4 positions, from ○ to ●, with 1 jump");
  assert.equal(routeText(ROUTE.slice(0, 1), [2, 3]), "0 m, 1 position, from ○ to ●");
  assert.match(routeText(JUMP.slice(2), [2, 3]), /^No plausible route/);
});
