// Opens the pages behind unsubscribe links in Chromium; tests/browser/main.rs starts this and says what to open.

import assert from "node:assert/strict";
import { join } from "node:path";

import { accessible, chromium, fits, passed, shaded, task, test } from "./judge.mjs";

const titles = new Map();

/** Whatever state a page is in, this holds. */
async function judge(page, flow, state, requests) {
  const name = `${flow.name}, ${state}`;
  await test(`${name}: the language of the browser`, async () => {
    assert.equal(await page.getAttribute("html", "lang"), flow.language);
    const title = await page.title();
    assert.equal(await page.textContent("h1"), title);
    const known = titles.get(`${flow.language} ${state}`) ?? title;
    assert.equal(title, known);
    titles.set(`${flow.language} ${state}`, title);
  });
  await test(`${name}: nothing is cut off or scrolls sideways`, async () => {
    await fits(page, "main");
    for (const button of await page.locator("button").all()) {
      assert.ok((await button.boundingBox()).height >= 44, "a finger can hit it");
    }
  });
  await test(`${name}: dark or light as the system is set`, async () => {
    await shaded(page, "body", flow.scheme);
  });
  await test(`${name}: axe-core finds nothing`, async () => {
    await accessible(page, "html");
  });
  await test(`${name}: nothing is loaded, stored or logged`, async () => {
    assert.deepEqual(requests.foreign, []);
    assert.deepEqual(requests.messages, []);
    assert.deepEqual(await page.context().cookies(), []);
  });
  await page.screenshot({ path: join(task.screenshots, `${flow.name}-${state}.png`), fullPage: true });
}

/** Moves to the next element with the keyboard, which must be visible as focused. */
async function tab(page, selector) {
  await page.keyboard.press("Tab");
  const outline = await page.evaluate((selector) => {
    const focused = document.activeElement;
    return focused.matches(selector) ? getComputedStyle(focused).outlineStyle : `focus is on ${focused.tagName}`;
  }, selector);
  assert.equal(outline, "solid");
}

async function open(context, base, flow, token) {
  const page = await context.newPage();
  const requests = { foreign: [], messages: [] };
  page.on("request", (request) => {
    if (!request.url().startsWith(`${base}/u/`)) requests.foreign.push(request.url());
  });
  // A page without an icon of its own makes a browser ask for one; headless Chromium does not. Chromium logs the status of
  // a page that is not found.
  page.on("console", (message) => {
    if (!message.text().startsWith("Failed to load resource: the server responded")) requests.messages.push(message.text());
  });
  page.on("pageerror", (error) => requests.messages.push(String(error)));
  const response = await page.goto(`${base}/u/${token}`);
  return { page, requests, status: response.status() };
}

const browser = await chromium.launch({ executablePath: task.chromium, args: ["--no-sandbox"] });

/** Unsubscribes, comes too late, undoes, and meets every other page. */
async function follow(flow) {
  const view = { locale: flow.language, colorScheme: flow.scheme, viewport: { width: flow.width, height: 640 } };
  const context = await browser.newContext(view);
  const { page, requests, status } = await open(context, task.served, flow, flow.token);
  assert.equal(status, 200);
  await judge(page, flow, "ask", requests);
  await test(`${flow.name}: the keyboard alone unsubscribes`, async () => {
    await tab(page, "button");
    await Promise.all([page.waitForNavigation(), page.keyboard.press("Enter")]);
    assert.equal(await page.locator("input[name=undo]").count(), 1);
  });
  await judge(page, flow, "done", requests);
  const late = await open(context, task.late, flow, flow.token);
  await late.page.evaluate((value) => {
    Object.assign(document.querySelector("input"), { name: "undo", value });
  }, await page.inputValue("input[name=undo]"));
  const [answer] = await Promise.all([late.page.waitForNavigation(), late.page.click("button")]);
  assert.equal(answer.status(), 410);
  await judge(late.page, flow, "late", late.requests);
  await test(`${flow.name}: the keyboard alone undoes it`, async () => {
    await tab(page, "button.quiet");
    await Promise.all([page.waitForNavigation(), page.keyboard.press("Space")]);
    assert.equal(await page.locator("form").count(), 0);
    await tab(page, "a[href^='https://shop.example/']");
  });
  await judge(page, flow, "undone", requests);
  for (const [state, base, token, status] of [
    ["refused", task.served, `${flow.token}x`, 404],
    ["unavailable", task.unavailable, flow.token, 503],
  ]) {
    const other = await open(context, base, flow, token);
    if (state === "unavailable") {
      await Promise.all([other.page.waitForNavigation(), other.page.click("button")]);
    } else {
      assert.equal(other.status, status);
    }
    await judge(other.page, flow, state, other.requests);
  }
  await context.close();
}

// While one waits for its answer, another uses the processor.
const waiting = [...task.flows];
await Promise.all(Array.from({ length: 3 }, async () => {
  for (let flow = waiting.shift(); flow !== undefined; flow = waiting.shift()) await follow(flow);
}));
await test("without JavaScript", async () => {
  const flow = task.flows[0];
  const context = await browser.newContext({ javaScriptEnabled: false });
  const { page } = await open(context, task.served, flow, flow.token);
  assert.equal(await page.locator("button").count(), 1);
  await context.close();
});
await test("each language has its own titles", async () => {
  assert.equal(new Set(titles.values()).size, titles.size);
});
await browser.close();
console.log(`browser: ${passed()} tests passed in ${task.flows.length} views`);
