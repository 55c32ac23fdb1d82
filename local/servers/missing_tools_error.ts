import { installHint, type Tool } from "./install_hint.ts";
import { ServerError } from "./types.ts";

/** What is needed, by program: `Java 17 or later (java is version 11)`. */
export type Needs = { readonly [tool in Tool]?: string };

const listOf = (needs: Needs): string => Object.values(needs).join(" and ");

/** Programs that embedded servers need are missing; the message has the command that installs them. */
export class MissingToolsError extends ServerError {
  constructor(readonly needs: Needs) {
    const tools = Object.keys(needs) as Tool[];
    const [verb, them] = tools.length > 1 ? ["are", "them"] : ["is", "it"];
    super(`${listOf(needs)} ${verb} required. Install ${them}: ${installHint(...tools)}`);
  }

  /** What is missing, as a part of a sentence. */
  get missing(): string {
    return listOf(this.needs);
  }
}
