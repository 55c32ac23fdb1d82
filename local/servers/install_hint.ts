/** The command that installs a program, by family of systems. */
export interface InstallCommands {
  debian: string;
  fedora: string;
  alpine: string;
  arch: string;
  suse: string;
  macos: string;
}

/** The one of `commands` that fits this machine; needs root on Linux, so it starts with `sudo` for others. */
export function installHint(commands: InstallCommands): string {
  if (Deno.build.os === "darwin") return commands.macos;
  const command = commands[linuxFamily(osRelease())];
  return Deno.uid() === 0 ? command : `sudo ${command}`;
}

/** Which family the text of `/etc/os-release` speaks of; Debian's when it is none that is known. */
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
