/**
 * What the page shows of a user, its address, and the past. The pipeline stores routes of users 0 to 24.
 *
 * @module
 */
import assert from "assert";
import { waitUntil } from "../harness/wait.ts";
import type { OpenPage } from "./browser.ts";

async function find({ page }: OpenPage, text: string): Promise<void> {
  await page.fill("#find-key", text);
  await page.press("#find-key", "Enter");
}

const query = ({ page }: OpenPage) => new URL(page.url()).search;

/** A message names what was searched and where, if no user is found. */
export async function checkUnknownUsers(browser: OpenPage): Promise<void> {
  const { page } = browser;
  await find(browser, "999");
  await waitUntil(
    "the message of an unknown user",
    async () =>
      await browser.text("#find-message") === "User 999 has no rows in routes_table (stream routes).",
  );
  assert.equal(await page.locator("#key").isVisible(), false);
  await find(browser, "abc");
  await waitUntil(
    "the message of an invalid user",
    async () =>
      await browser.text("#find-message") ===
        "“abc” is not an integer: user_id of routes_table has the type integer.",
  );
  assert.equal(await page.getAttribute("#find-key", "aria-invalid"), "true");
}

/** Selects a user by keyboard. Figures, route and table cover the same rows; the map follows the user. */
export async function checkUser(browser: OpenPage): Promise<void> {
  const { page } = browser;
  await find(browser, "007");
  await waitUntil("the route", async () => /positions, from/.test(await browser.text("#route-note")));
  assert.equal(await browser.text("#key-title"), "User 7");
  assert.equal(await browser.text("#find-message"), "");
  assert.equal(query(browser), "?stream=routes&key=7");
  await waitUntil("all rows", async () => /All \d+ rows/.test(await browser.text("#key-facts")));
  // In one step, since rows arrive.
  const [facts, route]: string[] = await page.evaluate(
    `["key-facts", "route-note"].map((id) => document.getElementById(id).textContent)`,
  );
  assert.match(facts!, /km\/h/);
  assert.equal(/All (\d+) rows/.exec(facts!)![1], /(\d+) positions/.exec(route!)![1]);

  const scale = await browser.text("#scale-text");
  await page.click("#key-follow");
  await waitUntil("the larger scale", async () => await browser.text("#scale-text") !== scale);
  assert.equal(query(browser), "?stream=routes&key=7&follow=1");
  await page.focus("#map-pulses");
  await page.keyboard.press("ArrowLeft");
  assert.equal(await page.getAttribute("#key-follow", "aria-pressed"), "false");
  assert.equal(query(browser), "?stream=routes&key=7");
}

/** Moves the slider by keyboard. The past is marked, part of the address, and left with the back button. */
export async function checkPast(browser: OpenPage): Promise<void> {
  const { page } = browser;
  await page.focus("#slider");
  await page.keyboard.press("Home");
  await waitUntil("the past", async () => /at that time/.test(await browser.text("#map-note")));
  const first = await browser.text("#slider-time");
  // The first rows are older than the dashboard.
  assert.match(await browser.text("#figures"), /Lag–/);
  for (let i = 0; i < 5; i++) await page.keyboard.press("PageUp");
  await waitUntil("a later time", async () => await browser.text("#slider-time") !== first);
  assert.equal(await page.getAttribute("#live", "aria-pressed"), "false");
  assert.equal(await browser.text("#past-time"), await browser.text("#slider-time"));
  // The number of rows at that time is not known.
  assert.match(await browser.text("#figures"), /Rows in routes_table–/);
  await waitUntil("the time in the address", () => /&key=7&at=[\d.]+$/.test(query(browser)));

  const [time, facts] = [await browser.text("#past-time"), await browser.text("#key-facts")];
  await page.reload();
  await waitUntil("the same time", async () => await browser.text("#past-time") === time);
  await waitUntil("the same figures", async () => await browser.text("#key-facts") === facts);
  await page.goBack();
  await waitUntil("the live view", async () => await page.getAttribute("#live", "aria-pressed") === "true");
  assert.equal(query(browser), "?stream=routes&key=7");
  assert.equal(await page.locator("#past").isVisible(), false);
  await page.goForward();
  await waitUntil("the past again", () => page.locator("#past").isVisible());

  await page.click("#play");
  await find(browser, "8");
  await waitUntil("another user", async () => await browser.text("#key-title") === "User 8");
  // Playing continues.
  assert.equal(await page.getAttribute("#play", "aria-label"), "Pause");
  assert.ok(await page.locator("#past").isVisible());
  await find(browser, "7");
  await page.click("#past-live");
  await waitUntil(
    "the live figures",
    async () => /Rows in routes_table≈/.test(await browser.text("#figures")),
  );
  assert.equal(query(browser), "?stream=routes&key=7");
}

/** On a phone, the panel of a user is scrolled into view, and closing it returns to the map. */
export async function checkPhone(browser: OpenPage): Promise<void> {
  const { page } = browser;
  const top = (id: string): Promise<number> =>
    page.evaluate(`document.getElementById("${id}").getBoundingClientRect().top`);
  const size = page.viewportSize()!;
  await page.setViewportSize({ width: 390, height: 800 });
  await page.click("#key-close");
  assert.equal(query(browser), "");
  await page.evaluate("scrollTo(0, 0)");
  await page.click("#places summary");
  await page.click("#places-rows button");
  const isPanelInView = async () => {
    const y = await top("key");
    return y >= 0 && y < 200;
  };
  await waitUntil("the panel in view", isPanelInView);
  const places = await browser.text("#places-rows");
  await waitUntil("an update of the table", async () => await browser.text("#places-rows") !== places);
  assert.ok(await isPanelInView(), "The focused button of the table scrolled back into view");
  await waitUntil(
    "charts of the new width",
    async () => await page.evaluate("document.documentElement.scrollWidth") === 390,
  );
  await page.click("#key-close");
  await waitUntil("the map in view", async () => await top("map") < 800 && await top("map") > -300);
  await page.click("#places summary");
  await page.setViewportSize(size);
}
