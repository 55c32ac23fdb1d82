import { findJava } from "./java.ts";
import { findMaven, KAFKA_CACHE } from "./kafka_install.ts";
import { MissingToolsError, type Needs } from "./missing_tools_error.ts";

/**
 * Returns an error that names all programs that the embedded Kafka lacks on this machine, or `undefined` if there are all.
 *
 * @param cache of Kafka; Maven is not needed if it has the jars
 */
export async function missingTools(cache = KAFKA_CACHE): Promise<MissingToolsError | undefined> {
  const needs: Needs = {};
  for (const find of [findJava, () => findMaven(cache)]) {
    try {
      await find();
    } catch (error) {
      if (!(error instanceof MissingToolsError)) throw error;
      Object.assign(needs, error.needs);
    }
  }
  return Object.keys(needs).length > 0 ? new MissingToolsError(needs) : undefined;
}
