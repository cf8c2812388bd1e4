// Finding things: suggestions while typing, facets, the back button, what happens when nothing is found.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { accessibilityFindings, assertNoTrouble, launch, look, phone, shopUrl, shopper } from "./shop.mjs";

let browser;
before(async () => { browser = await launch(); });
after(async () => { await browser?.close(); });

/// STOA_QUERY: what to look for where the catalogue is not the demo's.
const query = process.env.STOA_QUERY ?? "mug";
const list = `${shopUrl}/search?q=${encodeURIComponent(query)}`;
const found = (page) => page.locator(".found .tile").count();
const total = async (page) => Number((await page.locator(".found-bar [role=status]").textContent()).replace(/\D/g, ""));

describe("suggestions", () => {
  const typed = async (page, text) => {
    await page.goto(shopUrl);
    await page.locator("#q").pressSequentially(text, { delay: 20 });
    await page.waitForSelector("#suggestions [role=option]");
  };
  const active = (page) => page.getAttribute("#q", "aria-activedescendant");

  test("are a combobox that the keyboard walks", async () => {
    const page = await shopper(browser);
    await typed(page, query.slice(0, 3));
    const box = page.locator("#q");
    assert.equal(await box.getAttribute("role"), "combobox");
    assert.equal(await box.getAttribute("aria-expanded"), "true");
    assert.ok(await page.locator(`#${await box.getAttribute("aria-controls")}[role=listbox]`).isVisible());
    assert.equal(await active(page), null, "nothing is chosen by itself");
    const options = page.locator("#suggestions [role=option]");
    await page.keyboard.press("ArrowDown");
    assert.equal(await active(page), await options.first().getAttribute("id"));
    assert.equal(await options.first().getAttribute("aria-selected"), "true");
    await page.keyboard.press("ArrowUp");
    assert.equal(await active(page), null, "above the first option is the box");
    await page.keyboard.press("ArrowUp");
    assert.equal(await active(page), await options.last().getAttribute("id"));
    await page.keyboard.press("Home");
    assert.equal(await active(page), null, "Home moves in what is typed");
    assert.equal(await box.evaluate((input) => input.selectionStart), 0);
    await page.keyboard.press("End");
    assert.equal(await box.evaluate((input) => input.selectionStart), query.slice(0, 3).length);
    assert.deepEqual(await accessibilityFindings(page), []);
    await look(page, "suggestions");
    await page.keyboard.press("Escape");
    assert.equal(await box.getAttribute("aria-expanded"), "false");
    assert.equal(await box.inputValue(), query.slice(0, 3), "what was typed stays");
    await page.keyboard.press("Escape");
    assert.equal(await box.inputValue(), "");
    assertNoTrouble(page);
  });

  test("lead where they say", async () => {
    const page = await shopper(browser);
    await typed(page, query.slice(0, 3));
    await page.keyboard.press("ArrowDown");
    const href = await page.locator("#suggestions [aria-selected=true]").getAttribute("href");
    await page.keyboard.press("Enter");
    await page.waitForURL(`${shopUrl}${href}`);
    assertNoTrouble(page);
  });

  test("wait until an input method has finished its word", async () => {
    const page = await shopper(browser, { locale: "zh-CN" });
    await page.goto(`${shopUrl}/zh`);
    const asked = [];
    page.on("request", (request) => { if (request.url().includes("/suggest?")) asked.push(new URL(request.url()).searchParams.get("q")); });
    await page.focus("#q");
    const keyboard = await page.context().newCDPSession(page);
    for (const text of ["b", "be", "bei"]) {
      await keyboard.send("Input.imeSetComposition", { text, selectionStart: text.length, selectionEnd: text.length });
      await page.waitForTimeout(150);
    }
    assert.deepEqual(asked, [], "nothing is asked while composing");
    await keyboard.send("Input.insertText", { text: "杯" });
    await page.waitForTimeout(400);
    assert.deepEqual([...new Set(asked)], ["杯"]);
    assertNoTrouble(page);
  });

  test("find Chinese names by pinyin", async () => {
    const page = await shopper(browser, { locale: "zh-CN" });
    await page.goto(`${shopUrl}/zh`);
    await page.locator("#q").pressSequentially("makebei", { delay: 20 });
    await page.waitForSelector("#suggestions .products [role=option]");
    await look(page, "suggestions-zh");
    assert.deepEqual(await accessibilityFindings(page), []);
  });
});

describe("facets", () => {
  test("narrow by a click, say so in the address, and the back button undoes it", async () => {
    const page = await shopper(browser);
    await page.goto(list);
    const all = await total(page);
    const choice = page.locator(".facet .check:has(input:not(:checked))").first();
    const promised = Number((await choice.locator(".n").textContent()).replace(/\D/g, ""));
    const name = await choice.locator("input").getAttribute("name");
    await choice.click();
    await page.waitForURL((url) => url.searchParams.has(name));
    assert.equal(await total(page), promised, "the count beside the choice is what comes");
    assert.equal(await page.evaluate(() => document.activeElement.name), name, "the focus stays where it was");
    assert.deepEqual(await accessibilityFindings(page), []);
    await look(page, "facet-chosen");
    const shared = await shopper(browser);
    await shared.goto(page.url());
    assert.equal(await total(shared), promised, "whoever gets the address sees the same");
    await page.goBack();
    await page.waitForURL(list);
    assert.equal(await total(page), all);
    assert.equal(await page.locator(".facet input:checked").count(), 0, "no box stays ticked");
    await page.goForward();
    assert.equal(await total(page), promised);
    await page.locator(".chips a").first().click();
    await page.waitForURL(list);
    assertNoTrouble(page);
  });

  test("offer ranges of prices with what is in them", async () => {
    const page = await shopper(browser, { javaScriptEnabled: false });
    await page.goto(list);
    const range = page.locator(".facet .ways a[href*='filter.price']").first();
    const promised = Number((await range.locator(".n").textContent()).replace(/\D/g, ""));
    await range.click();
    assert.equal(await total(page), promised);
  });

  test("cover a phone's page until they are applied", async () => {
    const page = await shopper(browser, phone);
    await page.goto(list);
    const all = await found(page);
    await page.locator(".filters > summary").tap();
    await page.locator(".facet .check").first().tap();
    await look(page, "filters-phone");
    assert.equal(page.url(), list, "nothing is asked for yet");
    assert.deepEqual(await accessibilityFindings(page), []);
    await page.locator(".filters .actions button").tap();
    await page.waitForURL((url) => url.search !== new URL(list).search);
    assert.ok((await found(page)) <= all);
    assertNoTrouble(page);
  });
});

test("a search without results shows a way on", async () => {
  const page = await shopper(browser);
  await page.goto(`${shopUrl}/search?q=zzzzqqq`);
  assert.ok(await page.locator("main .tile").count(), "products that others like");
  assert.ok(await page.locator("main .children a").count(), "categories");
  assert.deepEqual(await accessibilityFindings(page), []);
});

test("what was searched for, chosen and put into the cart is said once, and nothing of who", async () => {
  const page = await shopper(browser);
  const said = [];
  page.on("request", (request) => {
    if (new URL(request.url()).pathname === "/insight") said.push(Object.fromEntries(new URLSearchParams(request.postData() ?? "")));
  });
  const until = async (count) => { for (let tries = 0; said.length < count && tries < 100; tries += 1) await page.waitForTimeout(20); };
  await page.goto(list);
  await until(1);
  await page.reload();
  await page.locator(".found .tile a").nth(1).click();
  await page.waitForURL(/\/products\//);
  await until(2);
  const product = new URL(page.url()).pathname.split("/products/")[1];
  await page.locator("main form[action*='/cart/add'] button").first().click();
  await page.waitForURL(/\/cart/);
  await until(3);
  assert.deepEqual(said, [{ q: query }, { q: query, product, place: "2" }, { q: query, product, cart: "1" }]);
  assertNoTrouble(page);
});
