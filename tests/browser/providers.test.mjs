// Every other way to pay, against providers that are simulated on this machine.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { accessibilityFindings, assertNoTrouble, launch, look, phone, shopUrl, shopper, typeAddress } from "./shop.mjs";

let browser;
before(async () => { browser = await launch(); });
after(async () => { await browser?.close(); });

const address = {
  email: "lin.mei@example.com", phone: "13800138000", name: "Lin Mei", region: "上海市", city: "上海市", district: "静安区",
  street: "南京西路 1266 号 3 楼",
};

/// From a product to the provider's till.
async function order(page, method) {
  await page.goto(`${shopUrl}/search?q=bowl&filter.available=1`);
  await page.locator("main a[href*='/products/']").first().click();
  await page.click("form.add button");
  await page.waitForURL("**/cart**");
  await page.goto(`${shopUrl}/checkout`);
  await typeAddress(page, address);
  await page.locator("input[name=shipping]").first().check();
  await page.locator(`input[name=payment][value=${method}]`).check();
  await look(page, `pay-${method}-checkout`);
  await page.locator("aside.summary button").click();
}

async function paid(page) {
  await page.waitForURL("**/orders/**");
  for (let tries = 0; (await page.getAttribute("article.order", "data-order-state")) !== "paid" && tries < 20; tries++) {
    await page.waitForTimeout(250);
    await page.reload();
  }
  assert.equal(await page.getAttribute("article.order", "data-order-state"), "paid");
}

describe("an order is paid through", () => {
  for (const method of ["stripe", "alipay"]) {
    test(method, async () => {
      const page = await shopper(browser);
      await order(page, method);
      await page.locator("button[value='payment.succeeded']").click();
      await paid(page);
    });
  }
  test("wechat, on a phone", async () => {
    const page = await shopper(browser, { ...phone, userAgent: "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36" });
    await order(page, "wechat");
    await page.locator("button[value='payment.succeeded']").click();
    await paid(page);
  });
});

test("wechat shows a code to scan on any other screen", async () => {
  const page = await shopper(browser);
  await order(page, "wechat");
  await page.waitForURL("**/payments/wechat/**");
  await page.waitForSelector("svg");
  await look(page, "pay-wechat-code");
  assert.deepEqual(await accessibilityFindings(page), []);
  assertNoTrouble(page);
});

test("a bank transfer says where to, and the order waits", async () => {
  const page = await shopper(browser);
  await order(page, "bank_transfer");
  await page.waitForURL("**/payments/bank_transfer/**");
  assert.match(await page.textContent("dl"), /S-[0-9A-Z]{4}-[0-9A-Z]{4}/, "the order's number is the reference");
  await look(page, "pay-bank-transfer");
  assert.deepEqual(await accessibilityFindings(page), []);
  await page.locator("a.later").click();
  await page.waitForURL("**/orders/**");
  assert.equal(await page.getAttribute("article.order", "data-order-state"), "payment-pending");
  assertNoTrouble(page);
});

test("a payment that fails leaves the order to be paid again", async () => {
  const page = await shopper(browser);
  await order(page, "stripe");
  await page.locator("button[value='payment.failed']").click();
  await page.waitForURL("**/orders/**");
  assert.equal(await page.getAttribute("article.order", "data-order-state"), "payment-pending");
});
