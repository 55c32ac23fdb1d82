import { cleanEnvironment } from "./environment.ts";
import { installHint } from "./install_hint.ts";
import { ServerError } from "./types.ts";

/** The oldest Java that Kafka's broker runs on. */
const MIN_JAVA = 17;

/** A Java that can run the broker. */
export interface Java {
  command: string;
  /** Its version, for example `17.0.15`. */
  version: string;
  /** Whether it can share archived classes (CDS); some builds come without the archive of its own that this needs. */
  sharing: boolean;
}

/**
 * The Java of `JAVA_HOME`, or else the one on the path.
 *
 * @throws {ServerError} When there is none or it is too old, with the command that installs one.
 */
export async function findJava(): Promise<Java> {
  const home = Deno.env.get("JAVA_HOME");
  const command = home ? `${home}/bin/java` : "java";
  const hint = installHint({
    debian: "apt-get install openjdk-17-jre-headless",
    fedora: "dnf install java-21-openjdk-headless",
    alpine: "apk add openjdk17-jre-headless",
    arch: "pacman -S jre-openjdk-headless",
    suse: "zypper install java-21-openjdk-headless",
    macos: "brew install openjdk",
  });
  const output = await printedVersion(command);
  if (output === undefined) {
    throw new ServerError(`Java ${MIN_JAVA} or later is missing. Install it: ${hint}`);
  }
  const version = javaVersion(output);
  if (version === undefined || parseInt(version) < MIN_JAVA) {
    throw new ServerError(
      `Java ${MIN_JAVA} or later is needed, but ${command} is ${
        version ?? "none that is known"
      }. Install it: ${hint}`,
    );
  }
  return { command, version, sharing: /^.*VM.*\bsharing\b/m.test(output) };
}

/** The version in what `java -version` prints: `17.0.15` of `openjdk version "17.0.15" 2025-04-15`. */
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
    // macOS has a `java` that only says where to get one.
    return success ? text.decode(stderr) + text.decode(stdout) : undefined;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
