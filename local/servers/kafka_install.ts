import { installHint } from "./install_hint.ts";
import { KAFKA_VERSION, POM } from "./kafka_pom.ts";
import { exists } from "./data_folder.ts";
import { ServerError, type ServerOptions } from "./types.ts";

/** Where the jars are kept between starts. */
export const KAFKA_CACHE = `${import.meta.dirname}/../../.cache/kafka-${KAFKA_VERSION}`;

/** Kafka's jars on this machine. */
export interface KafkaInstallation {
  /** For `java -cp`. */
  classPath: string;
  /** Where to keep what belongs to the jars. */
  folder: string;
}

/**
 * Kafka's jars, downloaded by Maven when they are not in the cache folder yet. Several programs may call this at the
 * same time; one downloads, the others wait for it.
 *
 * @throws {ServerError} When Maven is missing (with the command that installs it) or can't download.
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
      onProgress?.(`downloading Apache Kafka ${KAFKA_VERSION} by Maven, 45 MB`);
      await download(folder, libs, signal);
    }
  }
  const jars = [...Deno.readDirSync(libs)].map(({ name }) => `${libs}/${name}`).sort();
  return { classPath: jars.join(":"), folder };
}

/** Downloads beside `libs` and renames at the end, so that `libs` is there whole or not at all. */
async function download(folder: string, libs: string, signal?: AbortSignal): Promise<void> {
  const partial = `${libs}.partial`;
  await Deno.remove(partial, { recursive: true }).catch(() => {});
  await Deno.writeTextFile(`${folder}/pom.xml`, POM);
  const goal = ["dependency:copy-dependencies", "-DincludeScope=runtime", `-DoutputDirectory=${partial}`];
  const { success, output } = await maven(["-B", "-ntp", "-f", `${folder}/pom.xml`, ...goal], signal);
  signal?.throwIfAborted();
  if (!success) {
    throw new ServerError(
      `Apache Kafka ${KAFKA_VERSION} could not be downloaded by Maven. Is there a network? Try again. Maven said:\n` +
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
    const hint = installHint({
      debian: "apt-get install maven",
      fedora: "dnf install maven",
      alpine: "apk add maven",
      arch: "pacman -S maven",
      suse: "zypper install maven",
      macos: "brew install maven",
    });
    throw new ServerError(`Maven (mvn), which downloads Apache Kafka, is missing. Install it: ${hint}`);
  }
}
