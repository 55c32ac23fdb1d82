import { join } from "node:path";

/** The project folder. */
export const PROJECT: string = join(import.meta.dirname!, "..");

/** Services that have a task of the same name. */
export type ServiceTask = "producer" | "consumer" | "dashboard";

/**
 * Arguments of `deno` that run a service as its task does, with the same permissions.
 *
 * @param project folder of the checkout, which must be the working directory
 */
export function taskArguments(name: ServiceTask, project = PROJECT): string[] {
  const { tasks }: { tasks: Record<ServiceTask, string | { command: string }> } = JSON.parse(
    Deno.readTextFileSync(join(project, "deno.json")),
  );
  const task = tasks[name];
  // Versions before 0.9.0 have strings; the benchmark compares with them.
  const command = typeof task === "string" ? task : task.command;
  const words = command.split(" && ").at(-1)!.split(" ");
  // Environment variables precede the program.
  return words.slice(words.indexOf("deno") + 1);
}
