import { join } from "node:path";
import { PROJECT } from "./project.ts";

/** The programs that `deno task` runs as services. */
export type ServiceTask = "producer" | "consumer" | "dashboard";

/** Arguments of `deno` that run a service as its task does, with its permissions and no others. */
export function taskArguments(name: ServiceTask): string[] {
  const { tasks }: { tasks: Record<ServiceTask, string> } = JSON.parse(
    Deno.readTextFileSync(join(PROJECT, "deno.json")),
  );
  return tasks[name].split(" && ").at(-1)!.split(" ").slice(1);
}
