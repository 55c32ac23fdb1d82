import assert from "assert";
import { lastLinesOf, ServerProcess } from "./server_process.ts";
import { isProcessRunning } from "./process_list.ts";
import { waitUntil } from "./wait_until.ts";

const folder = await Deno.makeTempDir();
addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));

/** Runs a shell script as a server with its own log. */
const runScript = (script: string) => {
  const logFile = `${folder}/${crypto.randomUUID()}.log`;
  const process = new ServerProcess({
    command: "/bin/sh",
    args: ["-c", script],
    logFile,
    stopSignal: "SIGTERM",
  });
  return {
    process,
    logged: (text: string) =>
      waitUntil(`"${text}" in the log`, () => lastLinesOf(logFile, 10).includes(text), { timeoutMs: 5_000 }),
  };
};

Deno.test("ServerProcess logs the standard output and standard error of the process", async () => {
  const { process, logged } = runScript("echo out; echo err >&2");
  assert.equal((await process.ended()).success, true);
  await logged("out");
  await logged("err");
  assert.equal(process.running, false);
});

Deno.test("ServerProcess.stop() lets the process handle the stop signal", async () => {
  const { process, logged } = runScript(
    "trap 'echo in order; exit 3' TERM; echo up; while :; do sleep 0.05; done",
  );
  await logged("up");
  assert.equal((await process.stop()).code, 3);
  await logged("in order");
});

Deno.test("ServerProcess.stop() kills the process when it ignores the stop signal", async () => {
  const { process, logged } = runScript("trap '' TERM; echo up; while :; do sleep 0.05; done");
  await logged("up");
  assert.equal((await process.stop(200)).signal, "SIGKILL");
});

Deno.test("ServerProcess stops the process and removes its folder when its program is killed", async () => {
  const removed = await Deno.makeTempDir({ dir: folder });
  const pid = await orphan("echo up; exec sleep 60", `removeFolder: "${removed}"`);
  await waitUntil(`process ${pid} to end`, () => !isProcessRunning(pid), { timeoutMs: 5_000 });
  const isRemoved = () => Deno.lstat(removed).then(() => false, () => true);
  await waitUntil(`the removal of ${removed}`, isRemoved, { timeoutMs: 5_000 });
});

Deno.test("ServerProcess does not send the stop signal twice when its program is killed while stopping", async () => {
  const script =
    "trap 'echo stopping' TERM; echo up; for i in 1 2 3 4 5 6 7 8 9 10; do sleep 0.1; done; echo end";
  const pid = await orphan(script, "", "process.stop(); await logged('stopping')");
  await waitUntil(`process ${pid} to end`, () => !isProcessRunning(pid), { timeoutMs: 5_000 });
  assert.equal(lastLinesOf(`${folder}/orphan.log`, 10), "up\nstopping\nend");
});

/** Starts a script from a program, which is killed after it has run `last`. @returns the pid of the script */
async function orphan(script: string, options: string, last = ""): Promise<number> {
  await Deno.remove(`${folder}/orphan.log`).catch(() => {});
  const program = `
    import { lastLinesOf, ServerProcess } from "${import.meta.resolve("./server_process.ts")}";
    const process = new ServerProcess({
      command: "/bin/sh", args: ["-c", ${JSON.stringify(script)}], logFile: "${folder}/orphan.log",
      stopSignal: "SIGTERM", ${options}
    });
    const logged = async (text) => {
      while (!lastLinesOf("${folder}/orphan.log", 9).includes(text)) await new Promise((go) => setTimeout(go, 20));
    };
    await logged("up");
    ${last};
    console.log(process.pid);
    setInterval(() => {}, 1000);
  `;
  const parent = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--ext=ts", "-"],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const writer = parent.stdin.getWriter();
  await writer.write(new TextEncoder().encode(program));
  await writer.close();
  const reader = parent.stdout.getReader();
  const pid = parseInt(new TextDecoder().decode((await reader.read()).value));
  assert.ok(isProcessRunning(pid));
  parent.kill("SIGKILL");
  await Promise.all([parent.status, reader.cancel()]);
  return pid;
}

Deno.test("lastLinesOf() returns the last lines, or nothing when there is no file", () => {
  const path = `${folder}/lines`;
  Deno.writeTextFileSync(path, "a\nb\nc\n");
  assert.equal(lastLinesOf(path, 2), "b\nc");
  assert.equal(lastLinesOf(`${folder}/missing`, 2), "");
});
