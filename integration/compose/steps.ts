import assert from "assert";
import { within } from "../harness/wait.ts";
import { docker, dockerOk } from "./engine.ts";
import type { Container, Stack } from "./stack.ts";

/** Less than the 20 s in compose.yaml; services need up to 8 s. */
const STOP_TIMEOUT_MS = 15_000;
export const BUILD = { timeoutMs: 240_000 };
export const UP = { timeoutMs: 90_000 };

/** Like `t.step`, but throws if the step fails, so that later steps do not run. */
export async function step(t: Deno.TestContext, name: string, body: () => Promise<void>): Promise<void> {
  let failure: unknown;
  await t.step(name, () =>
    body().catch((error) => {
      failure = error;
      throw error;
    }));
  if (failure !== undefined) throw new Error(`Stopped after the failed step "${name}"`, { cause: failure });
}

/** Stops a service's containers; all must exit in time with this code. */
export async function stopService(stack: Stack, service: string, count: number, code = 0): Promise<void> {
  const start = performance.now();
  await within(`${service} to stop`, STOP_TIMEOUT_MS, stack.compose(["stop", service]));
  const stopped = await stack.containers(service);
  console.log(`${service} stopped in ${((performance.now() - start) / 1000).toFixed(1)} s`);
  assert.deepEqual(stopped.map(({ ExitCode }) => ExitCode), Array(count).fill(code));
}

/** Asserts the restrictions of compose.yaml, in the container's configuration and in its process. */
export async function assertHardened(stack: Stack, container: Container): Promise<void> {
  const { Name, Service, ID } = container;
  const { Config, HostConfig } = await stack.inspect(container);
  assert.deepEqual(HostConfig.CapDrop, ["ALL"], Name);
  assert.equal(HostConfig.CapAdd, null, Name);
  assert.equal(HostConfig.Privileged, false, Name);
  assert(HostConfig.SecurityOpt?.includes("no-new-privileges:true"), Name);
  assert(HostConfig.Memory > 0, Name);
  const status = await dockerOk(["exec", ID, "cat", "/proc/1/status"]);
  assert.match(status, /^Uid:\t[1-9]\d*\t[1-9]/m, `${Name} runs as root`);
  assert.match(status, /^CapEff:\t0+$/m, Name);
  assert.match(status, /^CapBnd:\t0+$/m, Name);
  assert.match(status, /^NoNewPrivs:\t1$/m, Name);
  // Kafka's image writes its configuration to its own file system.
  if (Service === "kafka") return;
  assert.equal(HostConfig.ReadonlyRootfs, true, Name);
  const write = await docker(["exec", "--user", "0", ID, "sh", "-c", "echo > /etc/written"]);
  assert.notEqual(write.code, 0, `${Name} can be written to`);
  if (Service === "postgres") return;
  assert.match(Config.User, /^[^0]/, Name);
  assert((HostConfig.PidsLimit ?? 0) > 0, Name);
  assert(Config.Entrypoint.includes(`-P=${Service}`), Name);
  assert(Config.Entrypoint.every((word) => !/^(-A|--allow-)/.test(word)), Name);
}
