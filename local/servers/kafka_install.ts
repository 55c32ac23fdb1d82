import { KAFKA_VERSION, POM } from "./kafka_pom.ts";
import { exists } from "./data_folder.ts";
import { MissingToolsError } from "./missing_tools_error.ts";
import { ServerError, type ServerOptions } from "./types.ts";

/** The jars are cached here. */
export const KAFKA_CACHE = `${import.meta.dirname}/../../.cache/kafka-${KAFKA_VERSION}`;

export interface KafkaInstallation {
  /** For `java -cp`. */
  classPath: string;
  /** For files that depend on the jars. */
  folder: string;
}

/**
 * Downloads the jars of Kafka with Maven if they are not cached. Concurrent callers, also of other processes, wait for one
 * download.
 *
 * @throws {ServerError} if Maven is missing or the download fails
 */
export async function installKafka(
  folder = KAFKA_CACHE,
  { onProgress, signal }: Pick<ServerOptions, "onProgress" | "signal"> = {},
): Promise<KafkaInstallation> {
  const libs = `${folder}/libs`;
  if (!exists(libs)) {
    await Deno.mkdir(folder, { recursive: true });
    using lock = await Deno.open(`${folder}/lock`, { create: true, write: true });
    await lock.lock(true);
    if (!exists(libs)) {
      onProgress?.(`downloading Apache Kafka ${KAFKA_VERSION} with Maven (45 MB)`);
      await download(folder, libs, signal);
    }
  }
  const jars = [...Deno.readDirSync(libs)].map(({ name }) => `${libs}/${name}`).sort();
  return { classPath: jars.join(":"), folder };
}

/** Downloads to a temporary folder and renames it, so that `libs` is always complete. */
async function download(folder: string, libs: string, signal?: AbortSignal): Promise<void> {
  const partial = `${libs}.partial`;
  await Deno.remove(partial, { recursive: true }).catch(() => {});
  await Deno.writeTextFile(`${folder}/pom.xml`, POM);
  const goal = ["dependency:copy-dependencies", "-DincludeScope=runtime", `-DoutputDirectory=${partial}`];
  const { success, output } = await maven(["-B", "-ntp", "-f", `${folder}/pom.xml`, ...goal], signal);
  signal?.throwIfAborted();
  if (!success) {
    throw new ServerError(
      `Cannot download Apache Kafka ${KAFKA_VERSION} with Maven. Check the network and retry. Errors of Maven:\n` +
        output.split("\n").filter((line) => line.includes("ERROR")).slice(0, 5).join("\n"),
    );
  }
  await Deno.rename(partial, libs);
}

async function maven(args: string[], signal?: AbortSignal): Promise<{ success: boolean; output: string }> {
  try {
    const { success, stdout, stderr } = await new Deno.Command("mvn", {
      args,
      stdin: "null",
      ...signal && { signal },
    }).output();
    const text = new TextDecoder();
    return { success, output: text.decode(stdout) + text.decode(stderr) };
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new MissingToolsError({ maven: "Maven" });
  }
}

/**
 * Runs Maven, unless Kafka has been downloaded.
 *
 * @throws {MissingToolsError} if Maven is missing
 */
export async function findMaven(folder: string): Promise<void> {
  if (!exists(`${folder}/libs`)) await maven(["--version"]);
}
