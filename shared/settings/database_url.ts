/**
 * `DATABASE_URL`, a connection string of libpq such as the service URI that Aiven's console shows, and libpq's environment variables.
 *
 * @module
 */
import { ConninfoError, parseConninfo } from "./conninfo.ts";
import type { Draft } from "./draft.ts";
import { LIBPQ_KEYWORDS, LIBPQ_VARIABLES, PG_VARIABLES, refusalOf, settingOf } from "./libpq.ts";
import { suggestion } from "./nearest.ts";

/**
 * Overwrites the `PG…` texts with what `DATABASE_URL` names, and notes it as their origin, unless they come from a source of higher
 * precedence. Its text is never shown, since the password is in it.
 */
export function applyDatabaseUrl(draft: Draft): void {
  const { texts, origins, problems } = draft;
  if (texts.DATABASE_URL === "") return;
  const place = `DATABASE_URL (${origins.DATABASE_URL})`;
  const rank = draft.rankOf("DATABASE_URL");
  // Otherwise a part of the password may have been taken for the host, port or database.
  const isClear = /^(?:[^:/]*:\/\/(?:[^/@]*@)?[^@]*|[^@:/]*=.*)$/s.test(texts.DATABASE_URL);
  try {
    for (const [keyword, value] of parseConninfo(texts.DATABASE_URL)) {
      if (!LIBPQ_KEYWORDS.includes(keyword)) {
        const shown = /^\w{1,40}$/.test(keyword) ? ` ${keyword}` : "";
        problems.push(`${place}: libpq has no parameter${shown}.${suggestion(keyword, LIBPQ_KEYWORDS)}`);
        continue;
      }
      const name = settingOf(keyword);
      const problem = refusalOf(`${place}: ${keyword}`, keyword, value);
      if (problem !== undefined) problems.push(problem);
      if (name === undefined || value === "" || draft.rankOf(name) > rank) continue;
      texts[name] = value;
      origins[name] = "DATABASE_URL";
      if (!isClear) draft.hidden.add(name);
    }
  } catch (error) {
    if (!(error instanceof ConninfoError)) throw error;
    problems.push(
      `${place} is not a connection string: ${error.message}. It is written postgres://user:password@host:port/database, with ` +
        "special characters of user and password percent-encoded.",
    );
  }
}

/** Refuses environment variables of libpq that the services do not follow, and those that npm's pg follows unasked. */
export function checkLibpqVariables(env: (name: string) => string | undefined, problems: string[]): void {
  for (const [variable, keyword] of Object.entries({ ...LIBPQ_VARIABLES, ...PG_VARIABLES })) {
    const problem = refusalOf(`${variable} (environment)`, keyword, env(variable) ?? "");
    if (problem !== undefined) {
      problems.push(
        problem.replace(/\b(r)emove it\b/i, (_, r) => `${r === "R" ? "U" : "u"}nset ${variable}`),
      );
    }
  }
}
