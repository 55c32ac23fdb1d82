import assert from "assert";
import { installCommand } from "./install_hint.ts";

const BOTH = ["java", "maven"] as const;

Deno.test("installCommand() uses ID and ID_LIKE", () => {
  const commands = {
    'PRETTY_NAME="Ubuntu 24.04"\nID=ubuntu\nID_LIKE=debian\n': "apt-get install default-jre-headless maven",
    'ID="rocky"\nID_LIKE="rhel centos fedora"\n': "dnf install java-21-openjdk-headless maven",
    "ID=alpine\nVERSION_ID=3.22\n": "apk add openjdk17-jre-headless maven",
    'ID="opensuse-tumbleweed"\nID_LIKE="opensuse suse"\n': "zypper install java-21-openjdk-headless maven",
    "ID=cachyos\nID_LIKE=arch\n": "pacman -S jre-openjdk-headless maven",
    "macos": "brew install temurin maven",
  };
  for (const [system, command] of Object.entries(commands)) {
    assert.equal(installCommand(system, BOTH), command);
  }
});

Deno.test("installCommand() names a version when the default Java of the release is too old", () => {
  const java = (release: string) => installCommand(release, ["java"]);
  assert.equal(
    java("ID=ubuntu\nVERSION_CODENAME=jammy\n"),
    "apt-get install openjdk-17-jre-headless",
  );
  assert.equal(
    java("ID=linuxmint\nID_LIKE=ubuntu\nVERSION_CODENAME=virginia\nUBUNTU_CODENAME=jammy\n"),
    "apt-get install openjdk-17-jre-headless",
  );
  assert.equal(java("ID=debian\nVERSION_CODENAME=trixie\n"), "apt-get install default-jre-headless");
});

Deno.test("installCommand() is that of Debian when the distribution is unknown", () => {
  assert.equal(installCommand("", ["maven"]), "apt-get install maven");
});
