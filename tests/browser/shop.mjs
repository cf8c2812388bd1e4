// A browser that looks at a running shop. STOA_URL names the shop, STOA_CHROMIUM the browser.

import assert from "node:assert/strict";
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { chromium } from "playwright-core";

export const shopUrl = process.env.STOA_URL ?? "http://127.0.0.1:8787";
/// Where screenshots go, for people to look at; none are taken without it.
const shots = process.env.STOA_SCREENSHOTS;
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

export const phone = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true };
export const desktop = { viewport: { width: 1280, height: 900 } };

export const launch = () =>
  chromium.launch({
    executablePath: process.env.STOA_CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
  });

/// A shopper's own browser context. Everything the pages ask of another origin, every error they write to the console
/// and every script that fails is kept in `page.trouble`.
export async function shopper(browser, options = {}) {
  const context = await browser.newContext({ ...desktop, locale: "en-GB", ...options });
  context.setDefaultTimeout(10_000);
  const page = await context.newPage();
  page.trouble = [];
  page.on("request", (request) => {
    const url = request.url();
    if (!url.startsWith(shopUrl) && !url.startsWith("data:")) page.trouble.push(`asked a third party: ${url}`);
  });
  page.on("console", (message) => {
    if (message.type() === "error") page.trouble.push(`console: ${message.text()} (${message.location().url})`);
  });
  page.on("pageerror", (error) => page.trouble.push(`script: ${error.message}`));
  return page;
}

/// Fills the checkout's form; of its texts the region is chosen out of a list. The script fetches the total of that
/// region, which must not swap away what is typed next.
export async function typeAddress(page, { region, ...texts }) {
  await page.selectOption("#f-region", region);
  await page.waitForLoadState("networkidle");
  for (const [field, text] of Object.entries(texts)) await page.fill(`#f-${field}`, text);
}

export async function look(page, name) {
  if (!shots) return;
  mkdirSync(shots, { recursive: true });
  await page.screenshot({ path: join(shots, `${name}.png`), fullPage: true });
}

/// axe's findings on the page as it stands, each with the elements it is about.
export async function accessibilityFindings(page) {
  // Evaluated rather than added as an element: the pages' policy allows no inline script.
  await page.evaluate(axe);
  const found = await page.evaluate(() =>
    globalThis.axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] }),
  );
  return found.violations.map((v) => `${v.id}: ${v.help}\n    ${v.nodes.slice(0, 4).map((n) => `${n.html} — ${n.failureSummary?.replaceAll("\n", " ")}`).join("\n    ")}`);
}

export function assertNoTrouble(page) {
  assert.deepEqual(page.trouble, []);
}
