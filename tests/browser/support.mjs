// Opens the pages for support in Chromium: on this machine, and in a page that imitates CloudWatch. tests/browser/main.rs
// starts this and says what to open.

import assert from "node:assert/strict";
import { join } from "node:path";

import { accessible, chromium, fits, passed, shaded, task, test } from "./judge.mjs";

const MESSAGE = "0100017e5d6f2b3c-1a2b3c4d-000000";
/** What no page has, whatever is in its texts. */
const ACTIVE = "script, img, iframe, object, embed, use, base";
const browser = await chromium.launch({ executablePath: task.chromium, args: ["--no-sandbox"] });

/** A page that notes whatever runs, asks for something or complains. */
async function open(context, own) {
  const page = await context.newPage();
  const seen = { foreign: [], messages: [], ran: 0, dialogs: [] };
  await page.exposeFunction("run", () => { seen.ran += 1; });
  page.on("request", (request) => {
    if (!own.some((origin) => request.url().startsWith(`${origin}/`))) seen.foreign.push(request.url());
  });
  page.on("console", (message) => {
    if (!message.text().startsWith("Failed to load resource: the server responded")) seen.messages.push(message.text());
  });
  page.on("pageerror", (error) => seen.messages.push(String(error)));
  page.on("dialog", async (dialog) => {
    seen.dialogs.push(dialog.message());
    await dialog.accept();
  });
  return { page, seen };
}

function quiet(seen) {
  assert.deepEqual([seen.foreign, seen.messages, seen.ran], [[], [], 0]);
}

/** A view of a browser: scheme and width. */
function viewed(view) {
  const [scheme, width] = view.split("-");
  return { scheme, width: Number(width), options: { locale: "de-DE", colorScheme: scheme, viewport: { width: Number(width), height: 720 } } };
}

/** Judges a page on this machine, and takes a picture. */
async function judge(page, seen, view, name) {
  await test(`${name}, ${view}`, async () => {
    await fits(page, "body");
    await shaded(page, "body", viewed(view).scheme);
    await accessible(page, "html");
    quiet(seen);
    assert.equal(await page.locator("h1").count(), 1);
  });
  await page.screenshot({ path: join(task.screenshots, `support-${name}-${view}.png`), fullPage: true });
}

/** Fills a field of the page by its label. */
async function fill(page, label, text) {
  await page.getByLabel(label, { exact: false }).first().fill(text);
}

/** Focuses an element with the tab key alone. */
async function tabTo(page, selector) {
  for (let presses = 0; presses < 60; presses += 1) {
    await page.keyboard.press("Tab");
    const outline = await page.evaluate((selector) => {
      const focused = document.activeElement;
      return focused.matches(selector) ? getComputedStyle(focused).outlineStyle : null;
    }, selector);
    if (outline !== null) return assert.equal(outline, "solid");
  }
  throw new Error(`${selector} cannot be reached`);
}

// Only the pictures of the guide.
if (task.pictures) {
  const context = await browser.newContext({ locale: "en-US", viewport: { width: 900, height: 700 } });
  for (const [name, scheme, fields, height] of [
    ["support-address", "light", { page: "address", address: "jane@example.com" }, 700],
    ["support-overview", "dark", { page: "overview" }, 620],
    ["support-failures", "light", { page: "failures" }, 420],
  ]) {
    const { page } = await widget(context, "documented", scheme, fields);
    await page.screenshot({ path: join(task.pictures, `${name}.png`), clip: { x: 0, y: 0, width: 900, height } });
  }
  await browser.close();
  process.exit(0);
}

for (const view of task.views) {
  const { options } = viewed(view);
  const context = await browser.newContext(options);
  const { page, seen } = await open(context, [task.site, task.unavailable]);
  const go = async (target) => (await page.goto(`${task.site}${target}`)).status();
  assert.equal(await go("/"), 200);
  await judge(page, seen, view, "start");
  await test(`${view}: the keyboard alone looks an address up`, async () => {
    await tabTo(page, "input[name=address]");
    await page.keyboard.type(`jane.browser-${view}@example.com`);
    await Promise.all([page.waitForNavigation(), page.keyboard.press("Enter")]);
    assert.match(await page.textContent(".mf-verdict"), /Do not mail it/);
  });
  await judge(page, seen, view, "address");
  await test(`${view}: the table has what the picture shows`, async () => {
    assert.equal(await page.locator(".mf-events tbody tr").count(), 7);
    assert.ok(await page.locator(".mf-picture .mf-bar").count() >= 1);
    assert.match(await page.textContent(".mf-events tbody"), /smtp; 452 4\.2\.2 mailbox full/);
  });
  await Promise.all([page.waitForNavigation(), page.getByText("Lift complaint for").click()]);
  await judge(page, seen, view, "lift");
  await test(`${view}: without a name, nothing goes on`, async () => {
    await fill(page, "Your name", " ");
    await Promise.all([page.waitForNavigation(), page.click("button")]);
    assert.match(await page.textContent("[role=alert]"), /Your name/);
  });
  await judge(page, seen, view, "lift-again");
  await fill(page, "Your name", "ann");
  await fill(page, "Note", "she asked");
  await Promise.all([page.waitForNavigation(), page.click("button")]);
  await judge(page, seen, view, "confirm");
  await test(`${view}: a lift is confirmed with the keyboard`, async () => {
    assert.match(await page.textContent("main"), /Lift complaint for \* of jane\./);
    assert.ok(!page.url().includes("she"), "the note is in no address");
    await tabTo(page, "button.mf-changes");
    await Promise.all([page.waitForNavigation(), page.keyboard.press("Enter")]);
    assert.match(await page.textContent("[role=status]"), /Lifted complaint/);
  });
  await judge(page, seen, view, "lifted");
  for (const [name, target, status] of [
    ["message", `/message?provider=ses&id=${MESSAGE}`, 200],
    ["message-unknown", "/message?provider=ses&id=unknown", 200],
    ["overview", "/overview", 200],
    ["overview-month", "/overview?span=28d", 200],
    ["failures", "/failures", 200],
    ["address-unknown", "/address?address=nobody%40example.net", 200],
    ["address-invalid", "/address?address=nobody", 400],
    ["suppress", "/decide?action=suppress&address=jane%40example.com", 200],
    ["not-found", "/nothing", 404],
  ]) {
    await test(`${name}: status`, async () => assert.equal(await go(target), status));
    await judge(page, seen, view, name);
  }
  await test(`${view}: numbers and times of the reader`, async () => {
    await go("/overview");
    assert.match(await page.textContent("main"), /0,0|,\d/);
    await go("/address?address=long%40example.com");
    assert.match(await page.textContent("main"), /and 2\.952 more bytes/);
  });
  const response = await page.goto(`${task.unavailable}/address?address=jane%40example.com`);
  assert.equal(response.status(), 503);
  await judge(page, seen, view, "unavailable");
  await context.close();
}

await test("new events appear without a script and without a reload", async () => {
  const context = await browser.newContext({ javaScriptEnabled: false });
  const page = await context.newPage();
  // The same where a script could run.
  const other = await browser.newContext();
  const { page: awake, seen } = await open(other, [task.site]);
  for (const each of [page, awake]) {
    await each.goto(`${task.site}/live`, { waitUntil: "commit" });
    await each.locator("text=Waiting.").waitFor();
  }
  await fetch(`${task.cloud}/record`, { method: "POST" });
  for (const each of [page, awake]) {
    await each.locator("text=live@example.com").waitFor({ timeout: 20_000 });
    await each.locator(".mf-events tbody tr").nth(task.hostile.length).waitFor({ timeout: 20_000 });
  }
  await page.screenshot({ path: join(task.screenshots, "support-live.png") });
  assert.equal(await awake.locator(ACTIVE).count(), 0);
  quiet(seen);
  await other.close();
  await context.close();
});

await test("without JavaScript, everything works on this machine", async () => {
  const context = await browser.newContext({ javaScriptEnabled: false });
  const page = await context.newPage();
  await page.goto(task.site);
  await page.fill("input[name=address]", "jane@example.com");
  await Promise.all([page.waitForNavigation(), page.click("button")]);
  assert.match(await page.textContent(".mf-verdict"), /Do not mail it/);
  await page.goto(`${task.site}/address?address=long%40example.com`);
  assert.match(await page.textContent("main"), /and 2,952 more bytes/);
  await context.close();
});

await test("another site can neither change nor frame anything", async () => {
  const context = await browser.newContext();
  const { page } = await open(context, [task.site, task.cloud]);
  await page.goto(task.cloud);
  const answered = page.waitForResponse((response) => response.url().startsWith(`${task.site}/decide`));
  await page.evaluate((site) => {
    const form = document.createElement("form");
    Object.assign(form, { method: "post", action: `${site}/decide` });
    form.innerHTML = '<input name="step" value="write"><input name="action" value="lift">';
    document.body.append(form);
    form.submit();
  }, task.site);
  assert.equal((await answered).status(), 403);
  const framing = await context.newPage();
  await framing.goto(task.cloud);
  await framing.evaluate((site) => {
    const frame = document.createElement("iframe");
    frame.src = site;
    document.body.append(frame);
  }, task.site);
  await framing.waitForTimeout(500);
  const texts = await Promise.all(framing.frames().slice(1).map((frame) => frame.evaluate(() => document.body?.innerText ?? "").catch(() => "")));
  assert.ok(texts.every((text) => !text.includes("Look up")), String(texts));
  await context.close();
});

await test("hostile texts are texts on this machine", async () => {
  const context = await browser.newContext();
  const { page, seen } = await open(context, [task.site]);
  for (const [number, text] of task.hostile.entries()) {
    const address = `hostile${number}@example.com`;
    await page.goto(`${task.site}/address?${new URLSearchParams({ address })}`);
    assert.match(await page.textContent("h1"), /hostile/);
    for (const element of await page.locator("main button, main a").all()) await element.hover({ force: true });
    const hrefs = await page.evaluate(() => [...document.links].map((link) => link.href));
    assert.ok(hrefs.every((href) => href.startsWith(`${task.site}/`)), String(hrefs));
    assert.equal(await page.locator(ACTIVE).count(), 0);
    // What somebody enters, or a link elsewhere enters for them.
    const send = { provider: text, domain: text, list: text, stream: text, tenant: text };
    await page.goto(`${task.site}/address?${new URLSearchParams({ address, ...send })}`);
    assert.equal(await page.locator(ACTIVE).count(), 0);
    await page.goto(`${task.site}/decide?${new URLSearchParams({ action: "suppress", address, scope: text, actor: text, note: text })}`);
    assert.equal(await page.locator(ACTIVE).count(), 0);
    await Promise.all([page.waitForNavigation(), page.click("main form button")]);
    if (await page.textContent("h1") !== "Confirm") {
      assert.equal(await page.locator(ACTIVE).count(), 0);
      await page.fill("input[name=scope]", "*");
      await Promise.all([page.waitForNavigation(), page.click("main form button")]);
    }
    assert.equal(await page.textContent("h1"), "Confirm");
    assert.equal(await page.locator(ACTIVE).count(), 0);
  }
  await page.goto(`${task.site}/message?provider=ses&id=hostile`);
  await page.screenshot({ path: join(task.screenshots, "support-hostile.png") });
  quiet(seen);
  assert.deepEqual(seen.dialogs, []);
  await context.close();
});

/** The widget in the imitation of CloudWatch. */
async function widget(context, sanitizer, scheme, fields) {
  const { page, seen } = await open(context, [task.cloud]);
  const query = new URLSearchParams({ sanitizer, theme: scheme, fields: JSON.stringify(fields) });
  await page.goto(`${task.cloud}/?${query}`);
  await page.waitForFunction(() => document.body.dataset.answers === "1");
  return { page, seen };
}

/** Clicks what has a text, and waits for the answer. */
async function press(page, text) {
  const before = await page.evaluate(() => document.body.dataset.answers);
  await page.locator("#widget .btn, #widget .mf-link").filter({ hasText: text }).first().click();
  await page.waitForFunction((before) => document.body.dataset.answers !== before, before);
}

for (const sanitizer of ["documented", "strict"]) {
  for (const view of task.views) {
    const { scheme, options } = viewed(view);
    const context = await browser.newContext(options);
    const { page, seen } = await widget(context, sanitizer, scheme, { page: "address" });
    const name = `${sanitizer}, ${view}`;
    const look = async (what) => {
      await test(`widget, ${what}, ${name}`, async () => {
        await fits(page, "#widget");
        await shaded(page, ".mf", scheme);
        // What it strips (labels, roles) is not for these pages to answer for.
        if (sanitizer === "documented") await accessible(page, "#widget");
        quiet(seen);
        const calls = await page.evaluate(() => window.calls.map((call) => call.endpoint));
        assert.ok(calls.every((endpoint) => [task.arn, "configured"].includes(endpoint)), String(calls));
      });
      await page.screenshot({ path: join(task.screenshots, `widget-${what}-${sanitizer}-${view}.png`), fullPage: true });
    };
    await look("start");
    await page.fill("#widget input[name=address]", `jane.${sanitizer}-${view}@example.com`);
    await press(page, "Look up");
    await look("address");
    await test(`widget: lift with confirmation, ${name}`, async () => {
      await press(page, "Lift complaint for");
      await page.fill("#widget input[name=actor]", "ann");
      await page.fill("#widget input[name=note]", "she asked");
      await press(page, "See what will change");
      assert.match(await page.textContent("#widget"), /Lift complaint for \* of jane\./);
    });
    await look("confirm");
    await test(`widget: lifted, ${name}`, async () => {
      await press(page, "Lift it now");
      assert.match(await page.textContent("#widget"), /Lifted complaint for \*/);
      assert.deepEqual(seen.dialogs, [`Lift complaint for * of jane.${sanitizer}-${view}@example.com?`]);
    });
    await look("lifted");
    await press(page, "Message");
    await page.fill("#widget input[name=id]", MESSAGE);
    await press(page, "Look up");
    await test(`widget: message, ${name}`, async () => {
      assert.match(await page.textContent("#widget"), /Latest event: /);
    });
    await look("message");
    await test(`widget: a link ignores what is typed, ${name}`, async () => {
      assert.equal(await page.inputValue("#widget input[name=provider]"), "ses");
      await press(page, "@example.com");
      assert.doesNotMatch(await page.textContent("#widget .mf-main"), /Asked for/);
      await press(page, "Message");
      assert.match(await page.textContent("#widget .mf-main"), /What happened to this message/);
      await page.fill("#widget input[name=id]", MESSAGE);
      await press(page, /^Address$/);
      assert.match(await page.textContent("#widget .mf-main"), /Why did it not arrive/);
    });
    await press(page, "Overview");
    await test(`widget: overview, ${name}`, async () => {
      const said = await page.textContent("#widget");
      assert.match(said, /35\.420/);
      assert.match(said, /too many complaints/);
    });
    await look("overview");
    await press(page, "Failures");
    await look("failures");
    await context.close();
  }
  await test(`hostile texts are texts in the widget, ${sanitizer}`, async () => {
    const context = await browser.newContext();
    for (const [number, text] of task.hostile.entries()) {
      const { page, seen } = await widget(context, sanitizer, "light", { page: "address", address: `hostile${number}@example.com` });
      const before = await page.evaluate(() => window.calls.length);
      for (const event of ["mouseenter", "dblclick"]) {
        await page.evaluate((event) => {
          for (const each of document.querySelectorAll("#widget *")) each.dispatchEvent(new MouseEvent(event));
        }, event);
      }
      // A click on any text but the pages' own links and buttons calls nothing.
      await page.evaluate(() => {
        for (const each of document.querySelectorAll("#widget .mf-text, #widget text, #widget title")) {
          if (!each.closest(".mf-link, .btn")) each.dispatchEvent(new MouseEvent("click", { bubbles: true }));
        }
      });
      assert.equal(await page.evaluate(() => window.calls.length), before);
      const inert = async () => assert.equal(await page.locator("#widget script, #widget img, #widget iframe, #widget a[href]").count(), 0);
      await inert();
      // The forms are the same with both.
      if (sanitizer === "documented") {
        await press(page, "Suppress this address");
        for (const name of ["scope", "actor", "note"]) await page.fill(`#widget input[name=${name}]`, text);
        await press(page, "See what will change");
        await inert();
        if (await page.textContent("#widget h1") !== "Confirm") {
          // The imitation removes every attribute that begins with javascript:, also the value of an input.
          for (const [name, value] of Object.entries({ scope: "*", actor: text, note: text })) await page.fill(`#widget input[name=${name}]`, value);
          await press(page, "See what will change");
          await inert();
        }
        assert.equal(await page.textContent("#widget h1"), "Confirm");
      }
      const calls = await page.evaluate(() => window.calls.map((call) => call.endpoint));
      assert.ok(calls.every((endpoint) => [task.arn, "configured"].includes(endpoint)), String(calls));
      quiet(seen);
      assert.deepEqual(seen.dialogs, []);
      await page.close();
    }
    await context.close();
  });
}

await browser.close();
console.log(`browser: ${passed()} tests of the pages for support passed`);
