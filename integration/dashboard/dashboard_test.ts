import assert from "assert";
import { send } from "../harness/produce.ts";
import { scenario } from "../harness/scenario.ts";
import { waitUntil } from "../harness/wait.ts";
import { CHROMIUM, OpenPage } from "./browser.ts";
import { startDashboard } from "./dashboard.ts";

const SCRIPT = '<script>alert(1)</script><img src="/x" onerror="alert(2)">';

if (CHROMIUM === undefined) console.log("Skipped because chromium is not installed: dashboard in a browser");
else {
  scenario({
    name: "dashboard shows users, their past and what was rejected when rows are committed",
    failure: "None: a page is open in a browser while users walk and a record holds markup",
    result: "Places appear, the slider goes back, markup is text, nothing is asked of another host",
    services: "process",
    // The browser's process and its pipes are not of this program's making.
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

    await waitUntil("places", async () => /^25 users/.test(await browser.text("#map-note")));
    const before = await waitUntil("dots", async () => {
      const drawn = await browser.drawn("#map-rows");
      return drawn.pixels > 25 * 10 && drawn;
    });
    await waitUntil("other dots", async () => (await browser.drawn("#map-rows")).sum !== before.sum);
    assert.match(await browser.text("#health"), /PostgreSQL\s*1 consumer/);
    await waitUntil("partitions", async () => /8 partitions assigned/.test(await browser.text("#consumers")));
    await waitUntil("a rate", async () => /Stored\s*\d+/.test(await browser.text("#figures")));

    // The other stream, by its definition alone.
    await waitUntil("25 levels", async () => (await page.locator("#streams .cells li").count()) === 25);

    // Markup in a record is text.
    await send(s.kafka.bootstrapServers, s.topic(), [{ key: "1", value: SCRIPT }]);
    await waitUntil("the rejected record", async () => (await browser.text("#rejected")).includes(SCRIPT));
    assert.equal(await page.locator("#rejected script, #rejected img").count(), 0);

    // A user, found without a pointer.
    await page.fill("#find-user", "7");
    await page.press("#find-user", "Enter");
    await waitUntil("the route", async () => /positions, from/.test(await browser.text("#route-note")));
    assert.equal(await browser.text("#user-title"), "User 7");
    assert.match(await browser.text("#user-facts"), /km\/h/);

    // Back in time, by keyboard.
    await page.focus("#slider");
    await page.keyboard.press("Home");
    await waitUntil("the past", async () => /at that time/.test(await browser.text("#map-note")));
    const first = await browser.text("#slider-time");
    for (let i = 0; i < 5; i++) await page.keyboard.press("PageUp");
    await waitUntil("a later time", async () => await browser.text("#slider-time") !== first);
    assert.equal(await page.getAttribute("#live", "aria-pressed"), "false");
    await page.keyboard.press("End");
    await waitUntil("live again", async () => await page.getAttribute("#live", "aria-pressed") === "true");

    assert.deepEqual(browser.complaints, []);
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
      "dashboard says what is away and goes on by itself when database, consumer and dashboard come and go",
    failure:
      "PostgreSQL stopped and started, the consumer stopped, the dashboard killed, while a page is open",
    result: "The page says which, keeps what it showed, and goes on without being loaded again",
    services: "process",
    restartsServers: true,
  }, async (s) => {
    // Nothing yet: not even the database is there.
    const { url, service } = await startDashboard(s);
    await using browser = await OpenPage.open();
    await browser.page.goto(url);
    const problems = () => browser.text("#problems");
    await waitUntil("no database", async () => /there is no database/.test(await problems()));
    await s.database.create();
    await waitUntil("nothing yet", async () => /does not exist/.test(await browser.text("#map-empty")));
    await s.produce(500, { PRODUCER_USERS: 10, PRODUCER_MALFORMED_RATIO: 0 });
    const consumer = await s.startConsumer();
    await waitUntil("places", async () => /^10 users/.test(await browser.text("#map-note")));
    assert.equal(await problems(), "");
    assert.deepEqual(browser.complaints, []);

    await s.postgres.stop();
    await waitUntil(
      "the database away",
      async () => /PostgreSQL unavailable since/.test(await problems()),
    );
    assert.match(await browser.text("#map-note"), /^10 users/);
    await s.postgres.start();
    await waitUntil("the database back", async () => await problems() === "");
    assert.deepEqual(browser.complaints, []);
    await service.stop();

    // The same page and another dashboard on the same port, which knows the consumer.
    await waitUntil(
      "the dashboard away",
      async () => /dashboard service is unreachable/.test(await problems()),
    );
    const again = await startDashboard(s, [consumer], { DASHBOARD_PORT: new URL(url).port });
    await waitUntil(
      "the dashboard back",
      async () => await problems() === "" && /1 consumer/.test(await browser.text("#health")),
    );
    await consumer.stop();
    await waitUntil("the consumer away", async () => /No consumer is reachable/.test(await problems()));
    await again.service.stop();
  });
}
