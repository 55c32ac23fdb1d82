import { SettingsError } from "../../shared/settings/error.ts";

/**
 * Checks the URLs of `DASHBOARD_SERVICES`. No user and password are printed; a URL that has them is refused, since pages are told why a
 * URL cannot be fetched.
 *
 * @throws {SettingsError} if one of them is not an HTTP URL, or has a user or a password
 */
export function checkMetricsUrls(urls: readonly string[]): void {
  const problems = urls.flatMap((text) => {
    const url = URL.parse(text);
    if (url && (url.username || url.password)) {
      return [
        `DASHBOARD_SERVICES has a URL of the host ${url.host} with a user or password. Write it as http://host:port/metrics.`,
      ];
    }
    if (url && /^https?:$/.test(url.protocol)) return [];
    const shown = text.replace(/[^/]*@/, "…@");
    return [`DASHBOARD_SERVICES has "${shown}", which is not a URL of the form http://host:port/metrics.`];
  });
  if (problems.length > 0) throw new SettingsError(problems);
}
