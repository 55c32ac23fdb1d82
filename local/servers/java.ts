import { cleanEnvironment } from "./environment.ts";
import { MissingToolsError } from "./missing_tools_error.ts";

/** Minimum Java version of Kafka's broker. */
const MIN_JAVA = 17;

export interface Java {
  command: string;
  /** For example `17.0.15`. */
  version: string;
  /** Whether class-data sharing (CDS) works; some builds lack the default archive that it requires. */
  sharing: boolean;
}

/**
 * Finds the Java of `JAVA_HOME`, else the one in `PATH`.
 *
 * @throws {MissingToolsError} if there is none or it is too old, with the command that installs one
 */
export async function findJava(): Promise<Java> {
  const home = Deno.env.get("JAVA_HOME");
  const command = home ? `${home}/bin/java` : "java";
  const need = `Java ${MIN_JAVA} or later`;
  const output = await printedVersion(command);
  if (output === undefined) throw new MissingToolsError({ java: need });
  const version = javaVersion(output);
  if (version === undefined || parseInt(version) < MIN_JAVA) {
    const found = version === undefined ? "an unknown version" : `version ${version}`;
    throw new MissingToolsError({ java: `${need} (${command} is ${found})` });
  }
  return { command, version, sharing: /^.*VM.*\bsharing\b/m.test(output) };
}

/** The version in the output of `java -version`: `17.0.15` of `openjdk version "17.0.15" 2025-04-15`. */
export function javaVersion(output: string): string | undefined {
  return /version "([^"]+)"/.exec(output)?.[1];
}

async function printedVersion(command: string): Promise<string | undefined> {
  try {
    const { success, stderr, stdout } = await new Deno.Command(command, {
      args: ["-version"],
      ...cleanEnvironment(),
    }).output();
    const text = new TextDecoder();
    // macOS has a `java` stub that only prints an installation hint.
    return success ? text.decode(stderr) + text.decode(stdout) : undefined;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
