import { join } from "node:path";

/** The folder of the project, where services are started. */
export const PROJECT: string = join(import.meta.dirname!, "..");

/** The programs that `deno task` runs as services. */
export type ServiceTask = "producer" | "consumer" | "dashboard";

/**
 * Arguments of `deno` that run a service as its task does, with its permissions and no others.
 *
 * @param project Folder of the checkout, which must be the working directory.
 */
export function taskArguments(name: ServiceTask, project = PROJECT): string[] {
  const { tasks }: { tasks: Record<ServiceTask, string | { command: string }> } = JSON.parse(
    Deno.readTextFileSync(join(project, "deno.json")),
  );
  const task = tasks[name];
  // Versions before 0.9.0 have strings; the benchmark compares with them.
  const command = typeof task === "string" ? task : task.command;
  const words = command.split(" && ").at(-1)!.split(" ");
  // Variables for the program are before it.
  return words.slice(words.indexOf("deno") + 1);
}
