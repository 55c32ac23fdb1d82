import assert from "assert";
import { lastLinesOf, ServerProcess } from "./server_process.ts";
import { isProcessRunning } from "./process_list.ts";
import { waitUntil } from "./wait_until.ts";

const folder = await Deno.makeTempDir();
addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));

/** A shell script as a server, with a log of its own. */
const scripted = (script: string) => {
  const logFile = `${folder}/${crypto.randomUUID()}.log`;
  const process = new ServerProcess({
    command: "/bin/sh",
    args: ["-c", script],
    logFile,
    stopSignal: "SIGTERM",
  });
  return {
    process,
    logged: (text: string) => waitUntil(() => lastLinesOf(logFile, 10).includes(text), 5_000),
  };
};

Deno.test("ServerProcess logs what the process prints, on either stream", async () => {
  const { process, logged } = scripted("echo out; echo err >&2");
  assert.equal((await process.ended()).success, true);
  assert.ok(await logged("out") && await logged("err"));
  assert.equal(process.running, false);
});

Deno.test("ServerProcess.stop() lets the process end in order", async () => {
  const { process, logged } = scripted(
    "trap 'echo in order; exit 3' TERM; echo up; while :; do sleep 0.05; done",
  );
  assert.ok(await logged("up"));
  assert.equal((await process.stop()).code, 3);
  assert.ok(await logged("in order"));
});

Deno.test("ServerProcess.stop() kills a process that does not heed it", async () => {
  const { process, logged } = scripted("trap '' TERM; echo up; while :; do sleep 0.05; done");
  assert.ok(await logged("up"));
  assert.equal((await process.stop(200)).signal, "SIGKILL");
});

Deno.test("ServerProcess leaves nothing behind when its program is killed", async () => {
  const removed = await Deno.makeTempDir({ dir: folder });
  const pid = await orphan("echo up; exec sleep 60", `removeFolder: "${removed}"`);
  assert.ok(await waitUntil(() => !isProcessRunning(pid), 5_000), `process ${pid} is still there`);
  const isRemoved = () => Deno.lstat(removed).then(() => false, () => true);
  assert.ok(await waitUntil(isRemoved, 5_000), `${removed} is still there`);
});

Deno.test("ServerProcess does not ask again when its program is killed after it asked to stop", async () => {
  const script =
    "trap 'echo asked' TERM; echo up; for i in 1 2 3 4 5 6 7 8 9 10; do sleep 0.1; done; echo end";
  const pid = await orphan(script, "", "process.stop(); await says('asked')");
  assert.ok(await waitUntil(() => !isProcessRunning(pid), 5_000), `process ${pid} is still there`);
  assert.equal(lastLinesOf(`${folder}/orphan.log`, 10), "up\nasked\nend");
});

/** Starts a script by a program, which is killed at once after `last`. @returns The script's process id. */
async function orphan(script: string, options: string, last = ""): Promise<number> {
  // Each starts with a log of its own.
  await Deno.remove(`${folder}/orphan.log`).catch(() => {});
  const program = `
    import { lastLinesOf, ServerProcess } from "${import.meta.resolve("./server_process.ts")}";
    const process = new ServerProcess({
      command: "/bin/sh", args: ["-c", ${JSON.stringify(script)}], logFile: "${folder}/orphan.log",
      stopSignal: "SIGTERM", ${options}
    });
    const says = async (text) => {
      while (!lastLinesOf("${folder}/orphan.log", 9).includes(text)) await new Promise((go) => setTimeout(go, 20));
    };
    await says("up");
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

Deno.test("lastLinesOf() gives the last lines, and nothing when there is no file", () => {
  const path = `${folder}/lines`;
  Deno.writeTextFileSync(path, "a\nb\nc\n");
  assert.equal(lastLinesOf(path, 2), "b\nc");
  assert.equal(lastLinesOf(`${folder}/missing`, 2), "");
});
