import { ClassArchive } from "./class_archive.ts";
import { findJava } from "./java.ts";
import { installKafka } from "./kafka_install.ts";
import type { ServerOptions } from "./types.ts";

/** Java and the jars of Kafka. */
export interface KafkaJvm {
  command: string;
  classArchive: ClassArchive;
  classPath: string;
}

/**
 * Finds Java and installs the jars of Kafka if needed.
 *
 * @throws {ServerError} if Java is missing or the jars cannot be downloaded
 */
export async function kafkaJvm(
  options: Pick<ServerOptions, "onProgress" | "signal"> = {},
): Promise<KafkaJvm> {
  const java = await findJava();
  const { classPath, folder } = await installKafka(undefined, options);
  const classArchive = new ClassArchive(`${folder}/classes-${java.version}.jsa`, java.sharing);
  return { command: java.command, classPath, classArchive };
}

/** Arguments of `java` common to all programs of Kafka. */
export function commonArguments({ classPath, classArchive }: KafkaJvm, logConfiguration: string): string[] {
  return [
    "-Djava.awt.headless=true",
    // Suppresses warnings about an invalid class archive.
    "-Xlog:disable",
    "-Xlog:all=error:stderr",
    ...classArchive.useArguments(),
    `-Dlog4j2.configurationFile=${logConfiguration}`,
    "-cp",
    classPath,
  ];
}
