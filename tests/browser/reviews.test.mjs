// What buyers say, as the demo shop has it: on the product's page, on tiles, and in the order of a list.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { accessibilityFindings, assertNoTrouble, launch, look, phone, shopUrl, shopper } from "./shop.mjs";

let browser;
before(async () => (browser = await launch()));
after(() => browser.close());

for (const [name, options, path, said] of [
  ["in English", {}, "/products/harbour-mug", "Rated 4.3 out of 5 stars by 4 buyers"],
  ["in Chinese on a phone", phone, "/zh/products/harbour-mug", "4 位买家评分 4.3"],
  ["with JavaScript off", { javaScriptEnabled: false }, "/products/harbour-mug", "Rated 4.3 out of 5 stars by 4 buyers"],
]) {
  test(`reviews are read beside the product, ${name}`, async () => {
    const page = await shopper(browser, options);
    await page.goto(shopUrl + path);
    await page.locator("a[href='#reviews']").click();
    const reviews = page.locator("section", { has: page.locator("#reviews") });
    assert.ok((await reviews.innerText()).includes(said));
    assert.equal(await reviews.locator("time").count(), 4);
    assert.equal(await reviews.locator("meter").count(), 5);
    const described = await page.locator("script[type='application/ld+json']").first().textContent();
    assert.equal(JSON.parse(described).aggregateRating?.reviewCount, 4);
    if (options.javaScriptEnabled !== false) assert.deepEqual(await accessibilityFindings(page), []);
    await look(page, `reviews-${name.replaceAll(" ", "-")}`);
    assertNoTrouble(page);
    await page.context().close();
  });
}

test("a list is sorted by what buyers say", async () => {
  const page = await shopper(browser);
  await page.goto(`${shopUrl}/collections/drinkware`);
  await page.selectOption("#sort", { label: "Best reviewed" });
  await page.waitForURL(/sort_by=rating/);
  const rated = await page.locator(".tile").evaluateAll((tiles) => tiles.map((tile) => tile.innerText.includes("★")));
  assert.ok(rated[0], "the first is reviewed");
  assert.ok(!rated.slice(rated.indexOf(false)).includes(true), "what nobody reviewed comes after all that somebody did");
  assertNoTrouble(page);
});
