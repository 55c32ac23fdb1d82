/** The command that installs a program, by operating system family. */
export interface InstallCommands {
  debian: string;
  fedora: string;
  alpine: string;
  arch: string;
  suse: string;
  macos: string;
}

/** The command for this machine, on Linux with `sudo` unless the user is root. */
export function installHint(commands: InstallCommands): string {
  if (Deno.build.os === "darwin") return commands.macos;
  const command = commands[linuxFamily(osRelease())];
  return Deno.uid() === 0 ? command : `sudo ${command}`;
}

/** The family named in the text of `/etc/os-release`; default: debian. */
export function linuxFamily(text: string): Exclude<keyof InstallCommands, "macos"> {
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
