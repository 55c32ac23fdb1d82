import { ClassArchive } from "./class_archive.ts";
import { findJava } from "./java.ts";
import { installKafka } from "./kafka_install.ts";
import type { ServerOptions } from "./types.ts";

/** All that is needed to run Kafka's Java programs. */
export interface KafkaJvm {
  command: string;
  classArchive: ClassArchive;
  classPath: string;
}

/** A JVM with Kafka's jars. Throws `ServerError` when there is no Java or the jars can't be had. */
export async function kafkaJvm(
  options: Pick<ServerOptions, "onProgress" | "signal"> = {},
): Promise<KafkaJvm> {
  const java = await findJava();
  const { classPath, folder } = await installKafka(undefined, options);
  const classArchive = new ClassArchive(`${folder}/classes-${java.version}.jsa`, java.sharing);
  return { command: java.command, classPath, classArchive };
}

/** Arguments of `java` that every program of Kafka's gets. */
export function commonArguments({ classPath, classArchive }: KafkaJvm, logConfiguration: string): string[] {
  return [
    "-Djava.awt.headless=true",
    // Else the JVM speaks of an archive that does not fit.
    "-Xlog:disable",
    "-Xlog:all=error:stderr",
    ...classArchive.useArguments(),
    `-Dlog4j2.configurationFile=${logConfiguration}`,
    "-cp",
    classPath,
  ];
}
