/**
 * Attempts operations outside the services' Deno permissions and prints those that succeeded, as JSON. With a service's permissions
 * it prints `[]`.
 *
 * @module
 */
const attempts: Record<string, () => unknown> = {
  "read a system file": () => Deno.readTextFileSync("/etc/passwd"),
  "read the program's files": () => Deno.readTextFileSync("deno.json"),
  "list the root folder": () => [...Deno.readDirSync("/")],
  "write a file next to the settings": () => Deno.writeTextFileSync("res/permission_probe", ""),
  "write a temporary file": () => Deno.makeTempFileSync(),
  "start a program": () => new Deno.Command("true").outputSync(),
  "read the whole environment": () => Deno.env.toObject(),
  "read a variable that is not a setting": () => Deno.env.get("HOME"),
  "change a variable": () => Deno.env.set("PATH", "/"),
  "load a native library": () => Deno.dlopen("libc.so.6", {}),
  "list network interfaces": () => Deno.networkInterfaces(),
  "kill another process": () => Deno.kill(Deno.ppid, "SIGURG"),
};

const succeeded = Object.entries(attempts).filter(([, attempt]) => {
  try {
    attempt();
    return true;
  } catch (error) {
    // Other errors mean that Deno allowed the attempt.
    return !(error instanceof Deno.errors.NotCapable);
  }
});
console.log(JSON.stringify(succeeded.map(([what]) => what)));
