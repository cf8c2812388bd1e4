// A shopper types a code: the cart says what it brings or why not, and the discount is in what they pay.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { accessibilityFindings, assertNoTrouble, launch, look, phone, shopUrl, shopper, typeAddress } from "./shop.mjs";

let browser;
before(async () => { browser = await launch(); });
after(async () => { await browser?.close(); });

/// The demo's code is for once a customer: everybody here is somebody else.
let people = 0;
const address = () => ({
  email: `code-${Date.now()}-${people++}@example.com`, phone: "13800138000", name: "Lin Mei", region: "上海市", city: "上海市",
  district: "静安区", street: "南京西路 1266 号 3 楼", postal_code: "200040",
});
const words = {
  "": { unknown: "We do not know this code", title: "Welcome: 10 % off", again: "You have used this already" },
  "/zh": { unknown: "没有这个优惠码", title: "新客九折", again: "您已使用过该优惠" },
};
const amount = async (page, selector) => Number((await page.locator(selector).first().textContent()).replace(/[^0-9.]/g, ""));

async function fill(page, prefix, sku) {
  await page.goto(`${shopUrl}${prefix}/products/harbour-mug?variant=${sku}`);
  await page.fill("form.add input[name=quantity]", "2");
  await page.click("form.add button");
  await page.waitForURL(`**${prefix}/cart**`);
  await page.waitForSelector("ul.lines li");
}

async function enter(page, code) {
  await page.fill("#code", code);
  await page.locator("form.code button").click();
  await page.locator(`.codes li:has-text(${JSON.stringify(code.trim())})`).first().waitFor();
}

async function pay(page, prefix, who) {
  await page.goto(`${shopUrl}${prefix}/checkout`);
  await typeAddress(page, who);
  const total = (await page.locator(".totals .total dd").textContent()).trim();
  await page.locator("aside.summary button").click();
  return total;
}

async function buyWithCode(page, { prefix = "", shots }) {
  const said = words[prefix];
  await fill(page, prefix, "HARBOUR-MUG-1");
  const before = await amount(page, ".totals .total dd");
  await enter(page, " no-such-code ");
  assert.ok((await page.locator(".codes .why").textContent()).includes(said.unknown), "an unknown code says so");
  assert.equal(await amount(page, ".totals .total dd"), before);
  await enter(page, "welcome");
  const chip = page.locator(".codes li", { hasText: "welcome" });
  assert.ok((await chip.textContent()).includes(said.title), "the code says what it brings");
  const after = await amount(page, ".totals .total dd");
  assert.equal(Math.round(after * 100), Math.round(before * 90), "a tenth is off");
  assert.ok((await page.locator(".lines .discount").first().textContent()).includes(said.title), "and stands at the line");
  await look(page, `${shots}-codes`);
  await page.locator(".codes li.not button").click();
  await page.locator(".codes li.not").waitFor({ state: "detached" });
  assert.equal(await page.locator(".codes li").count(), 1, "a code that does not apply is taken off");

  const who = address();
  const total = await pay(page, prefix, who);
  await page.waitForURL("**/payments/sandbox/**");
  await page.locator("button[value=pay]").click();
  await page.waitForURL("**/orders/**");
  assert.equal((await page.locator(".totals .total dd").textContent()).trim(), total, "paid is what was agreed");
  assert.ok((await page.locator("article.order .discount").first().textContent()).includes(said.title), "the order keeps the reason");
  assertNoTrouble(page);
  return who;
}

describe("a code", () => {
  test("is typed, seen and paid with, and tells whoever used it before", async () => {
    const page = await shopper(browser);
    const who = await buyWithCode(page, { shots: "desktop" });
    // Nobody knows the shopper yet: the cart is priced in their favour until they say who they are.
    await fill(page, "", "HARBOUR-MUG-1");
    const full = await amount(page, ".totals .total dd");
    await enter(page, "WELCOME");
    assert.notEqual(await amount(page, ".totals .total dd"), full);
    await pay(page, "", who);
    await page.waitForSelector("main .alert");
    assert.ok((await page.locator("aside.summary").textContent()).includes(words[""].again), "the form says why the total is another");
    await page.goto(`${shopUrl}/cart`);
    assert.ok((await page.locator(".codes .why").textContent()).includes(words[""].again));
    assert.equal(await amount(page, ".totals .total dd"), full);
  });
  test("works with JavaScript off", async () => {
    await buyWithCode(await shopper(browser, { javaScriptEnabled: false }), { shots: "no-script" });
  });
  test("works on a phone, in Chinese", async () => {
    await buyWithCode(await shopper(browser, { ...phone, locale: "zh-CN" }), { prefix: "/zh", shots: "chinese-phone" });
  });
});

test("a gift stands in the cart and costs nothing", async () => {
  const page = await shopper(browser);
  await page.goto(`${shopUrl}/products/harbour-mug?variant=HARBOUR-MUG-1`);
  await page.fill("form.add input[name=quantity]", "6");
  await page.click("form.add button");
  await page.waitForSelector("ul.lines li.gift");
  const gift = await page.locator("ul.lines li.gift").textContent();
  assert.match(gift, /tea towel/i);
  assert.match(gift, /Free/);
  assert.deepEqual(await accessibilityFindings(page), []);
  await look(page, "gift-cart");
});
