// What a cart costs and where it goes: the form of another country, and a price that changes while the page is open.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { accessibilityFindings, assertNoTrouble, launch, look, phone, shopUrl, shopper, typeAddress } from "./shop.mjs";

let browser;
before(async () => { browser = await launch(); });
after(async () => { await browser?.close(); });

const address = {
  email: "lin.mei@example.com", phone: "13800138000", name: "Lin Mei", region: "上海市", city: "上海市", district: "静安区",
  subdistrict: "南京西路街道", street: "南京西路 1266 号 3 楼", postal_code: "200040",
};

async function fill(page) {
  await page.goto(`${shopUrl}/search?q=${encodeURIComponent(process.env.STOA_QUERY ?? "mug")}&filter.available=1`);
  await page.locator("main a[href*='/products/']").first().click();
  await page.click("form.add button");
  await page.waitForURL("**/cart**");
}
const fields = (page) => page.locator("fieldset.address [id^=f-]").evaluateAll((all) => all.map((one) => one.name));

for (const [name, options, shot] of [
  ["with a script", {}, "country"],
  ["with JavaScript off", { javaScriptEnabled: false }, "country-no-script"],
  ["on a phone, in the dark", { ...phone, colorScheme: "dark" }, "country-phone-dark"],
]) {
  test(`another country's form is asked for ${name}, and what was typed stays`, async () => {
    const page = await shopper(browser, options);
    await fill(page);
    await page.goto(`${shopUrl}/checkout`);
    assert.deepEqual(await fields(page), ["name", "country", "region", "city", "district", "subdistrict", "street", "postal_code"]);
    await page.fill("#f-name", "Ada Lovelace");
    await page.fill("#f-street", "350 Fifth Avenue");
    await page.selectOption("#f-country", "US");
    const button = page.locator("button[value=country]");
    if (await button.isVisible()) await button.click();
    await page.waitForSelector("#f-region option[value=NY]", { state: "attached" });
    assert.deepEqual(await fields(page), ["name", "country", "street", "city", "region", "postal_code"]);
    assert.equal(await page.inputValue("#f-name"), "Ada Lovelace");
    assert.equal(await page.inputValue("#f-street"), "350 Fifth Avenue");
    assert.equal(await page.locator("input[name=shipping]").count(), 1, "express does not go there");
    if (options.javaScriptEnabled !== false) assert.deepEqual(await accessibilityFindings(page), []);
    await look(page, shot);
    assertNoTrouble(page);
  });
}

test("a cart that changed while the checkout was open is ordered only when old and new were shown", async () => {
  const page = await shopper(browser, { javaScriptEnabled: false });
  await fill(page);
  await page.goto(`${shopUrl}/checkout`);
  await typeAddress(page, address);
  const other = await page.context().newPage();
  await other.goto(`${shopUrl}/cart`);
  await other.fill("input[name=quantity]", "2");
  await other.locator("form[action$='/cart/change'] button").first().click();
  await page.locator("aside.summary button").click();
  await page.waitForSelector(".alert li");
  const said = (await page.locator(".alert li").allTextContents()).join(" ");
  assert.match(said, /quantity 1 before, 2 now/);
  assert.match(said, /Total: ¥[\d.,]+ before, ¥[\d.,]+ now/);
  assert.equal(await page.inputValue("#f-subdistrict"), address.subdistrict, "what was typed is kept");
  await look(page, "quote-changed");
  await page.locator("aside.summary button").click();
  await page.waitForURL("**/payments/sandbox/**");
});
