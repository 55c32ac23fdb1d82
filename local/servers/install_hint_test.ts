import assert from "assert";
import { linuxFamily } from "./install_hint.ts";

Deno.test("linuxFamily() uses ID and ID_LIKE", () => {
  assert.equal(linuxFamily('PRETTY_NAME="Ubuntu 24.04"\nID=ubuntu\nID_LIKE=debian\n'), "debian");
  assert.equal(linuxFamily('ID="rocky"\nID_LIKE="rhel centos fedora"\n'), "fedora");
  assert.equal(linuxFamily("ID=alpine\nVERSION_ID=3.22\n"), "alpine");
  assert.equal(linuxFamily('ID="opensuse-tumbleweed"\nID_LIKE="opensuse suse"\n'), "suse");
  assert.equal(linuxFamily("ID=cachyos\nID_LIKE=arch\n"), "arch");
});

Deno.test("linuxFamily() is debian when the distribution is unknown", () => {
  assert.equal(linuxFamily(""), "debian");
});
