import assert from "assert";
import { send } from "../harness/produce.ts";
import { scenario } from "../harness/scenario.ts";
import type { ScenarioContext } from "../harness/scenario_context.ts";
import { waitUntil } from "../harness/wait.ts";
import { CHROMIUM, OpenPage } from "./browser.ts";
import { startDashboard } from "./dashboard.ts";
import { checkPast, checkPhone, checkUnknownUsers, checkUser } from "./user_checks.ts";

const SCRIPT = '<script>alert(1)</script><img src="/x" onerror="alert(2)">';

/** Markup in a record is shown as text; a longer list is truncated. */
async function checkRejected(s: ScenarioContext, browser: OpenPage): Promise<void> {
  await send(s.kafka.bootstrapServers, s.topic(), [{ key: "1", value: SCRIPT }]);
  await waitUntil("the rejected record", async () => (await browser.text("#rejected")).includes(SCRIPT));
  assert.equal(await browser.page.locator("#rejected script, #rejected img").count(), 0);
  await waitUntil("the total", async () => /Rejected in total\s*1L/.test(await browser.text("#figures")));
  assert.match(await browser.text("#rejected-note"), /^1 stored byte for byte/);
  const more = Array.from({ length: 24 }, () => ({ key: "1", value: "{}" }));
  await send(s.kafka.bootstrapServers, s.topic(), more);
  await waitUntil("the truncated list", async () => /20 of 25,/.test(await browser.text("#rejected-note")));
}

if (CHROMIUM === undefined) console.log("Skipped because chromium is not installed: dashboard in a browser");
else {
  scenario({
    name: "dashboard shows users, their past and rejected records when rows are committed",
    failure: "None: a page is open in a browser while rows arrive, and a record contains markup",
    result: "Users appear, the slider shows the past, markup is shown as text, no other host is contacted",
    services: "process",
    // Excludes the browser process and its pipes from the sanitizers.
    restartsServers: true,
  }, async (s) => {
    const consumer = await s.startConsumer({ STREAMS: "routes,battery" });
    await s.startProducer({
      STREAMS: "routes,battery",
      PRODUCER_RATE: 200,
      PRODUCER_PATTERN: "walk",
      PRODUCER_USERS: 25,
    });
    await s.waitForRows([consumer]);
    const { url } = await startDashboard(s, [consumer], { STREAMS: "routes,battery" });
    await using browser = await OpenPage.open();
    const { page } = browser;
    await page.goto(url);

    await waitUntil("users on the map", async () => /^25 users/.test(await browser.text("#map-note")));
    const before = await waitUntil("drawn users", async () => {
      const drawn = await browser.drawnPixels("#map-rows");
      return drawn.pixels > 25 * 10 && drawn;
    });
    await waitUntil(
      "a change of the map",
      async () => (await browser.drawnPixels("#map-rows")).sum !== before.sum,
    );
    assert.match(await browser.text("#health"), /PostgreSQL\s*1 consumer/);
    await waitUntil(
      "the assigned partitions",
      async () => /8 partitions assigned/.test(await browser.text("#consumers")),
    );
    await waitUntil("a rate", async () => /Stored\s*\d+/.test(await browser.text("#figures")));
    assert.match(await browser.text("#consumers thead"), /^Partition0100Lag$/);
    await page.hover("#rate");
    assert.ok(await page.locator("#rate .hover").isVisible());
    assert.match(
      await browser.text("#rate .hover"),
      /\d\d:\d\d:\d\dproduced –stored .+\/srejected .+\/s$/,
    );
    assert.match(await browser.text("#lag .hover"), /\d\d:\d\d:\d\drecords [\d.,k ]+$/);

    // A stream without coordinates.
    await waitUntil("25 rows", async () => (await page.locator("#streams tbody tr").count()) === 25);
    assert.equal(await page.locator("#streams .histogram").count(), 1);

    await checkRejected(s, browser);

    await checkUnknownUsers(browser);
    await checkUser(browser);
    await checkPast(browser);
    await checkPhone(browser);

    assert.deepEqual(browser.errors, []);
    const hosts = new Set(browser.requests.map((request) => new URL(request).host));
    assert.deepEqual([...hosts], [new URL(url).host]);
    const paint: number = await page.evaluate(
      'performance.getEntriesByName("first-contentful-paint")[0].startTime',
    );
    s.log(`first contentful paint after ${Math.round(paint)} ms`);
    assert.ok(paint < 3_000, `${paint} ms`);
  });

  scenario({
    name:
      "dashboard reports unavailable parts and recovers when database, consumer and dashboard stop and start",
    failure:
      "PostgreSQL stopped and started, the consumer stopped, the dashboard killed, while a page is open",
    result: "The page names the unavailable part, keeps its rows, and recovers without a reload",
    services: "process",
    restartsServers: true,
  }, async (s) => {
    // The database does not exist yet.
    const { url, service } = await startDashboard(s);
    await using browser = await OpenPage.open();
    await browser.page.goto(url);
    const problems = () => browser.text("#problems");
    await waitUntil(
      "the missing database",
      async () => /the database .* does not exist/.test(await problems()),
    );
    await s.database.create();
    await waitUntil("the missing table", async () => /does not exist/.test(await browser.text("#map-empty")));
    await s.produce(500, { PRODUCER_USERS: 10, PRODUCER_MALFORMED_RATIO: 0 });
    const consumer = await s.startConsumer();
    await waitUntil("users on the map", async () => /^10 users/.test(await browser.text("#map-note")));
    assert.equal(await problems(), "");
    assert.deepEqual(browser.errors, []);

    await s.postgres.stop();
    await waitUntil(
      "the unavailable database",
      async () => /PostgreSQL unavailable since/.test(await problems()),
    );
    assert.match(await browser.text("#map-note"), /^10 users/);
    await s.postgres.start();
    await waitUntil("the available database", async () => await problems() === "");
    assert.deepEqual(browser.errors, []);
    await service.stop();

    // The same page, and another dashboard on the same port that scrapes the consumer.
    await waitUntil(
      "the unreachable dashboard",
      async () => /dashboard service is unreachable/.test(await problems()),
    );
    const again = await startDashboard(s, [consumer], { DASHBOARD_PORT: new URL(url).port });
    await waitUntil(
      "the reachable dashboard",
      async () => await problems() === "" && /1 consumer/.test(await browser.text("#health")),
    );
    await consumer.stop();
    await waitUntil(
      "the unreachable consumer",
      async () => /No consumer is reachable/.test(await problems()),
    );
    await s.produce(300, { PRODUCER_USERS: 10 });
    await waitUntil(
      "the lag, from Kafka's offsets",
      async () => /No consumer is reachable.*\b300 records wait in Kafka/.test(await problems()),
    );
    assert.match(await browser.text("#figures"), /Lag300records/);
    assert.match(await browser.text("#consumers"), /Not assigned to a reachable consumer\d+ partitions/);
    assert.match(await browser.text("#health"), /^Kafka\s*PostgreSQL/);
    await again.service.stop();
  });
}
