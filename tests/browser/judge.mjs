// What both programs of these tests need: running tests, and judging a page.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

export const task = JSON.parse(readFileSync(0, "utf8"));
const require = createRequire(join(task.packages, "x.js"));
export const { chromium } = require("playwright-core");
const axe = readFileSync(join(task.packages, "axe-core/axe.min.js"), "utf8");

let tests = 0;

/** Runs one test; the first failure ends the program. */
export async function test(name, run) {
  try {
    await run();
  } catch (error) {
    console.error(`FAILED: ${name}\n${error.stack}`);
    process.exit(1);
  }
  tests += 1;
}

/** How many tests have passed. */
export function passed() {
  return tests;
}

/** axe-core has no finding in a part of a page, nor a doubt but on the colour of text in SVG: it knows `color`, not `fill`. */
export async function accessible(page, part) {
  await page.evaluate(axe);
  const rules = { "color-contrast-enhanced": { enabled: true }, "target-size": { enabled: true } };
  const found = await page.evaluate(([part, rules]) => globalThis.axe.run(part, { rules }), [part, rules]);
  assert.ok(found.passes.length > 5, "it has looked");
  const inSvg = (node) => node.html.startsWith("<text ");
  const doubts = found.incomplete.filter((each) => !(each.id.startsWith("color-contrast") && each.nodes.every(inSvg)));
  const wrong = found.violations.concat(doubts);
  assert.deepEqual(wrong.map((each) => [each.id, each.nodes.slice(0, 5).map((node) => [node.html, node.any.map((check) => check.message)])]), []);
}

/** Nothing is cut off or scrolls sideways. */
export async function fits(page, part) {
  const sizes = await page.evaluate((part) => {
    const root = document.documentElement;
    const right = [...document.querySelectorAll(`${part} *`)]
      .filter((each) => !each.closest("svg") && getComputedStyle(each).clipPath === "none" && !each.closest("thead"))
      .map((each) => [each.getBoundingClientRect().right, each.outerHTML.slice(0, 80)]);
    const widest = right.sort((one, other) => other[0] - one[0])[0];
    return { content: root.scrollWidth, screen: root.clientWidth, right: widest[0], widest: widest[1] };
  }, part);
  assert.ok(sizes.content <= sizes.screen && sizes.right <= sizes.screen + 0.5, JSON.stringify(sizes));
}

/** Dark or light as it should be. */
export async function shaded(page, selector, scheme) {
  const back = await page.evaluate((selector) => getComputedStyle(document.querySelector(selector)).backgroundColor, selector);
  const light = back.match(/\d+/g).slice(0, 3).every((part) => Number(part) > 128);
  assert.equal(light, scheme === "light", back);
}
