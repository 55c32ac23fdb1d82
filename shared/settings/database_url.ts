/**
 * `DATABASE_URL`, a libpq connection string such as the service URI in Aiven's console, and libpq's environment variables.
 *
 * @module
 */
import { contradiction } from "./aiven.ts";
import { ConninfoError, parseConninfo } from "./conninfo.ts";
import type { Draft } from "./draft.ts";
import type { SettingProblem } from "./error.ts";
import { LIBPQ_KEYWORDS, LIBPQ_VARIABLES, parameterProblem, PG_VARIABLES, settingOf } from "./libpq.ts";
import { suggestion } from "./suggestion.ts";

/**
 * Sets the `PG…` settings that `DATABASE_URL` contains, unless they come from a source of higher precedence. Its text is never shown,
 * because it contains the password.
 */
export function applyDatabaseUrl(draft: Draft): void {
  const { texts, origins, problems } = draft;
  if (texts.DATABASE_URL === "") return;
  const place = `DATABASE_URL (${origins.DATABASE_URL})`;
  const rank = draft.precedenceOf("DATABASE_URL");
  const isFromAiven = origins.DATABASE_URL === "DATABASE_URI";
  // If not, the parser may have taken a part of the password for the host, port or database.
  const isUnambiguous = /^(?:[^:/]*:\/\/(?:[^/@]*@)?[^@]*|[^@:/]*=.*)$/s.test(texts.DATABASE_URL);
  try {
    for (const [keyword, value] of parseConninfo(texts.DATABASE_URL)) {
      if (!LIBPQ_KEYWORDS.includes(keyword)) {
        const shown = /^\w{1,40}$/.test(keyword) ? ` ${keyword}` : "";
        const remedy = suggestion(keyword, LIBPQ_KEYWORDS);
        problems.push({ cause: `${place}: libpq has no parameter${shown}`, remedy });
        continue;
      }
      const name = settingOf(keyword);
      const problem = parameterProblem(`${place}: ${keyword}`, keyword, value);
      if (problem !== undefined) problems.push(problem);
      if (name === undefined || value === "" || draft.precedenceOf(name) > rank) continue;
      // Aiven's operator sets DATABASE_URI next to the same values in PG… variables.
      if (isFromAiven && draft.precedenceOf(name) === rank && texts[name] !== value) {
        problems.push(contradiction(draft, name, "DATABASE_URI"));
        continue;
      }
      texts[name] = value;
      origins[name] = "DATABASE_URL";
      if (!isUnambiguous) draft.hidden.add(name);
    }
  } catch (error) {
    if (!(error instanceof ConninfoError)) throw error;
    problems.push({
      cause: `${place} is not a connection string: ${error.message}`,
      remedy:
        "Write postgres://user:password@host:port/database with percent-encoded special characters in user and password.",
    });
  }
}

/** Adds problems for unsupported environment variables of libpq, and for those that only npm's pg reads. */
export function checkLibpqVariables(
  env: (name: string) => string | undefined,
  problems: SettingProblem[],
): void {
  for (const [variable, keyword] of Object.entries({ ...LIBPQ_VARIABLES, ...PG_VARIABLES })) {
    const problem = parameterProblem(`${variable} (environment)`, keyword, env(variable) ?? "");
    if (problem === undefined) continue;
    const remedy = problem.remedy.replace(
      /\b(r)emove it\b/i,
      (_, r) => `${r === "R" ? "U" : "u"}nset ${variable}`,
    );
    problems.push({ ...problem, remedy });
  }
}
