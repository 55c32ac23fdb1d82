/**
 * A program that tries what no service has business with, and prints what it got away with, as JSON. Run with a service's
 * permissions it prints `[]`.
 *
 * @module
 */
const attempts: Record<string, () => unknown> = {
  "read a file of the system": () => Deno.readTextFileSync("/etc/passwd"),
  "read the program": () => Deno.readTextFileSync("deno.json"),
  "list the root folder": () => [...Deno.readDirSync("/")],
  "write beside its settings": () => Deno.writeTextFileSync("res/trespass", ""),
  "write a temporary file": () => Deno.makeTempFileSync(),
  "start a program": () => new Deno.Command("true").outputSync(),
  "read all of the environment": () => Deno.env.toObject(),
  "read a variable that is no setting": () => Deno.env.get("HOME"),
  "change a variable": () => Deno.env.set("PATH", "/"),
  "load a library": () => Deno.dlopen("libc.so.6", {}),
  "learn about the machine": () => Deno.networkInterfaces(),
  "end another process": () => Deno.kill(Deno.ppid, "SIGURG"),
};

const succeeded = Object.entries(attempts).filter(([, attempt]) => {
  try {
    attempt();
    return true;
  } catch (error) {
    // What fails for another reason was allowed.
    return !(error instanceof Deno.errors.NotCapable);
  }
});
console.log(JSON.stringify(succeeded.map(([what]) => what)));
