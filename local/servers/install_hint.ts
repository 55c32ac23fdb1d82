/** A program that embedded servers need. */
export type Tool = "java" | "maven";

type Family = "debian" | "fedora" | "alpine" | "arch" | "suse" | "macos";

/** How to install packages, and the packages of the tools, by operating system family. */
const INSTALL: Readonly<Record<Family, { command: string } & Record<Tool, string>>> = {
  debian: { command: "apt-get install", java: "default-jre-headless", maven: "maven" },
  fedora: { command: "dnf install", java: "java-21-openjdk-headless", maven: "maven" },
  alpine: { command: "apk add", java: "openjdk17-jre-headless", maven: "maven" },
  arch: { command: "pacman -S", java: "jre-openjdk-headless", maven: "maven" },
  suse: { command: "zypper install", java: "java-21-openjdk-headless", maven: "maven" },
  macos: { command: "brew install", java: "temurin", maven: "maven" },
};

/** Releases of Debian and Ubuntu whose default Java may be too old. */
const OLD_DEFAULT_JAVA = /^(?:VERSION|UBUNTU)_CODENAME=(?:bullseye|bookworm|focal|jammy)$/m;

/** The command that installs tools on this machine, on Linux with `sudo` unless the user is root. */
export function installHint(...tools: Tool[]): string {
  if (Deno.build.os === "darwin") return installCommand("macos", tools);
  const command = installCommand(osRelease(), tools);
  return Deno.uid() === 0 ? command : `sudo ${command}`;
}

/** The command that installs tools. @param system the text of `/etc/os-release`, or `macos` */
export function installCommand(system: string, tools: readonly Tool[]): string {
  const { command, ...packages } = INSTALL[system === "macos" ? "macos" : linuxFamily(system)];
  if (OLD_DEFAULT_JAVA.test(system)) packages.java = "openjdk-17-jre-headless";
  return [command, ...tools.map((tool) => packages[tool])].join(" ");
}

/** The family named in the text of `/etc/os-release`; default: debian. */
function linuxFamily(text: string): Exclude<Family, "macos"> {
  const ids = [...text.matchAll(/^ID(?:_LIKE)?=(.*)$/gm)]
    .flatMap(([, value = ""]) => value.replaceAll(/["']/g, "").split(/\s+/));
  if (ids.some((id) => ["debian", "ubuntu"].includes(id))) return "debian";
  if (ids.some((id) => ["fedora", "rhel", "centos"].includes(id))) return "fedora";
  if (ids.includes("alpine")) return "alpine";
  if (ids.includes("arch")) return "arch";
  if (ids.some((id) => id.includes("suse"))) return "suse";
  return "debian";
}

function osRelease(): string {
  try {
    return Deno.readTextFileSync("/etc/os-release");
  } catch {
    return "";
  }
}
