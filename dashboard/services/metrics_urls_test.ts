import assert from "assert";
import { SettingsError } from "../../shared/settings/error.ts";
import { checkMetricsUrls } from "./metrics_urls.ts";

Deno.test("checkMetricsUrls() rejects a URL without printing its password when it cannot be fetched", () => {
  checkMetricsUrls(["http://consumer:9464/metrics", "https://[::1]:9464/metrics"]);
  const invalid = [
    ...["consumer:9464", "ftp://consumer/metrics", "http://", ""],
    ...[
      "http://user:hunter2@consumer:9464/metrics",
      "ftp://user:hunter2@h/",
      "http://user:hunter2@h:x/",
      "u:hunter2@h",
    ],
  ];
  for (const url of invalid) {
    assert.throws(
      () => checkMetricsUrls(["http://producer:9464/metrics", url]),
      (error) =>
        error instanceof SettingsError && error.problems.length === 1 && !/hunter2/.test(error.message),
      url,
    );
  }
});
