// A person buys something: with a script, without, on a phone, in Chinese.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { assertNoTrouble, launch, look, phone, shopUrl, shopper, typeAddress } from "./shop.mjs";

let browser;
before(async () => { browser = await launch(); });
after(async () => { await browser?.close(); });

/// What is typed into the checkout.
const address = {
  email: "lin.mei@example.com", phone: "13800138000", name: "Lin Mei", region: "上海市", city: "上海市", district: "静安区",
  street: "南京西路 1266 号 3 楼", postal_code: "200040",
};
/// STOA_QUERY and STOA_PROMOTION: what to look for where the catalogue is not the demo's.
const catalogue = {
  query: process.env.STOA_QUERY ?? "mug",
  chineseQuery: process.env.STOA_QUERY ?? "马克杯",
  quantity: Number(process.env.STOA_QUANTITY ?? 6),
};

/// Search, open a product, choose a variant, cart with its promotion, checkout, pay, see the order paid.
async function buy(page, { prefix = "", query = catalogue.query, shots }) {
  await page.goto(`${shopUrl}${prefix || "/"}`);
  await look(page, `${shots}-home`);
  await page.fill("#q", query);
  await page.press("#q", "Enter");
  await page.waitForURL("**/search?**");
  await look(page, `${shots}-search`);

  // The first product found that can be bought.
  const links = await page.locator("main a[href*='/products/']").evaluateAll((found) => [...new Set(found.map((a) => a.href))]);
  assert.ok(links.length > 0, `nothing found for ${query}`);
  let opened = false;
  for (const link of links) {
    await page.goto(link);
    if (await page.locator("form.add button").count()) { opened = true; break; }
  }
  assert.ok(opened, `nothing found for ${query} can be bought`);
  const title = (await page.locator("h1").textContent()).trim();
  const other = page.locator("a[data-variant]:not([aria-current]):not(.gone)").first();
  if (await other.count()) {
    const chosen = new URL(await other.getAttribute("href"), shopUrl).searchParams.get("variant");
    await other.click();
    await page.waitForURL(`**variant=${encodeURIComponent(chosen)}**`);
    await page.waitForSelector(`form.add input[name=sku][value=${JSON.stringify(chosen)}]`, { state: "attached" });
  }
  await look(page, `${shots}-product`);
  await page.fill("form.add input[name=quantity]", String(catalogue.quantity));
  await page.click("form.add button");
  await page.waitForURL(`**${prefix}/cart**`);
  await page.waitForSelector("ul.lines li");
  assert.ok((await page.locator("ul.lines h2").first().textContent()).includes(title), "the cart shows what was added");
  await page.waitForSelector(".discount");
  const reason = (await page.locator(".discount").first().textContent()).trim();
  assert.match(reason, /−/, "the promotion's discount shows with its reason");
  await look(page, `${shots}-cart`);

  await page.locator("aside.summary a.button").click();
  await page.waitForURL(`**${prefix}/checkout**`);
  await typeAddress(page, address);
  await page.locator("input[name=shipping]").first().check();
  await page.waitForTimeout(300);
  await look(page, `${shots}-checkout`);
  // Another way of shipping may cost something else: the total shown is the total agreed to.
  const reprice = page.locator("button[value=reprice]");
  if (await reprice.isVisible()) {
    await reprice.click();
    await page.waitForSelector("#f-email");
    assert.equal(await page.inputValue("#f-street"), address.street, "what was typed is kept");
  }
  const total = (await page.locator(".totals .total dd").textContent()).trim();
  await page.locator("aside.summary button").click();
  await page.waitForURL("**/payments/sandbox/**");
  await look(page, `${shots}-payment`);
  await page.locator("button[value=pay]").click();
  await page.waitForURL("**/orders/**");
  // The callback may be a moment behind the shopper.
  for (let tries = 0; (await page.getAttribute("article.order", "data-order-state")) !== "paid" && tries < 20; tries++) {
    await page.waitForTimeout(250);
    await page.reload();
  }
  assert.equal(await page.getAttribute("article.order", "data-order-state"), "paid");
  assert.equal((await page.locator(".totals .total dd").textContent()).trim(), total, "paid is what was agreed");
  await look(page, `${shots}-order`);
  const answer = await page.reload();
  assert.match(answer.headers()["cache-control"] ?? "", /no-store/, "an order is never stored");
  await page.goto(`${shopUrl}${prefix}/cart`);
  assert.equal(await page.locator("ul.lines li").count(), 0, "the cart is empty after the order");
  assertNoTrouble(page);
}

describe("a purchase", () => {
  test("goes through on a desktop", async () => {
    await buy(await shopper(browser), { shots: "desktop" });
  });
  test("goes through with JavaScript off", async () => {
    await buy(await shopper(browser, { javaScriptEnabled: false }), { shots: "no-script" });
  });
  test("goes through on a phone, in the dark", async () => {
    await buy(await shopper(browser, { ...phone, colorScheme: "dark" }), { shots: "phone-dark" });
  });
  test("goes through in Chinese", async () => {
    await buy(await shopper(browser, { locale: "zh-CN" }), { prefix: "/zh", query: catalogue.chineseQuery, shots: "chinese" });
  });
});

test("an order's page answers nobody without its link", async () => {
  const page = await shopper(browser);
  const answer = await page.goto(`${shopUrl}/orders/ord_01JAAAAAAAAAAAAAAAAAAAAAAA?token=${"0".repeat(64)}`);
  assert.equal(answer.status(), 404);
});

test("a refused checkout says which fields and keeps what was typed", async () => {
  const page = await shopper(browser, { javaScriptEnabled: false });
  await page.goto(`${shopUrl}/search?q=${encodeURIComponent(catalogue.query)}&filter.available=1`);
  await page.locator("main a[href*='/products/']").first().click();
  await page.click("form.add button");
  await page.goto(`${shopUrl}/checkout`);
  await typeAddress(page, address);
  await page.fill("#f-email", "lin.mei@nowhere");
  await page.fill("#f-phone", "call me");
  await page.evaluate(() => document.querySelector("form.checkout").noValidate = true).catch(() => {});
  await page.locator("aside.summary button").click();
  await page.waitForSelector("div.alert[role=alert] a");
  assert.equal(await page.inputValue("#f-name"), address.name);
  assert.equal(await page.getAttribute("#f-phone", "aria-invalid"), "true");
});
