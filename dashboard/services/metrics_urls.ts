import { SettingsError } from "../../shared/settings/error.ts";

/**
 * Validates the URLs of `DASHBOARD_SERVICES`. URLs with credentials are rejected, since pages show fetch errors; no message
 * contains the credentials.
 *
 * @throws {SettingsError} if a URL is not an HTTP URL or has a user or password
 */
export function checkMetricsUrls(urls: readonly string[]): void {
  const problems = urls.flatMap((text) => {
    const url = URL.parse(text);
    if (url && (url.username || url.password)) {
      return [{
        cause: `DASHBOARD_SERVICES: the URL of ${url.host} contains a user or password`,
        remedy: "Use http://host:port/metrics.",
      }];
    }
    if (url && /^https?:$/.test(url.protocol)) return [];
    const shown = text.replace(/[^/]*@/, "…@");
    const cause = `DASHBOARD_SERVICES: "${shown}" is not a URL of the form http://host:port/metrics`;
    return [{ cause, remedy: "" }];
  });
  if (problems.length > 0) throw new SettingsError(problems);
}
