// Signing in with a code that came by mail, on two devices, and what an account has. STOA_MAIL is where the shop keeps the letters
// that it would have sent.

import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { accessibilityFindings, assertNoTrouble, launch, look, phone, shopUrl, shopper } from "./shop.mjs";

let browser;
before(async () => { browser = await launch(); });
after(async () => { await browser?.close(); });

const letters = () => readdirSync(process.env.STOA_MAIL).filter((name) => name.endsWith(".eml")).sort()
  .map((name) => readFileSync(join(process.env.STOA_MAIL, name), "utf8"));
const read = (letter) => letter.split(/\r\n--/).map((part) => {
  const [head, ...body] = part.split("\r\n\r\n");
  return /base64/i.test(head) ? Buffer.from(body.join("").replace(/\s/g, ""), "base64").toString() : body.join("\n");
}).join("\n");

/// The code of the newest letter to this address, once there are `count` of them.
async function code(to, count) {
  for (let tries = 0; tries < 100; tries += 1) {
    const own = letters().filter((letter) => letter.includes(`To: <${to}>`));
    const found = own.length >= count && read(own.at(-1)).match(/^\s*(\d{8})\s*$/m);
    if (found) return found[1];
    await new Promise((done) => setTimeout(done, 200));
  }
  throw new Error(`no letter to ${to}`);
}

async function signIn(page, prefix, email, count) {
  await page.goto(`${shopUrl}${prefix}/account`);
  await page.waitForURL("**/account/sign-in");
  await page.fill("#f-email", email);
  await page.click("main form button");
  await page.waitForSelector("#f-code");
  const digits = await code(email, count);
  await page.fill("#f-code", "0000 0000" === digits ? "1" : "0000 0000");
  await page.click("main form button");
  await page.waitForSelector("[role=alert], .alert");
  await page.fill("#f-code", `${digits.slice(0, 4)} ${digits.slice(4)}`);
  await page.click("main form button");
  await page.waitForURL(`**${prefix}/account`);
}

test("a shopper signs in without a password or a script, and their cart follows them to another device", async () => {
  const email = `lin.mei.${Date.now()}@example.com`;
  const desk = await shopper(browser, { javaScriptEnabled: false });
  await desk.goto(`${shopUrl}/search?q=mug&filter.available=1`);
  await desk.locator("main a[href*='/products/']").first().click();
  await desk.click("form.add button");
  await desk.waitForURL("**/cart**");
  const title = (await desk.locator("main a[href*='/products/']").first().textContent()).trim();
  await signIn(desk, "", email, 1);
  assert.match(await desk.textContent("main"), new RegExp(email.replaceAll(".", "\\.")));
  await look(desk, "account");
  await desk.goto(`${shopUrl}/cart`);
  assert.ok((await desk.textContent("main")).includes(title), "the cart is still there");
  await desk.goto(`${shopUrl}/checkout`);
  assert.equal(await desk.inputValue("#f-email"), email);

  const mobile = await shopper(browser, { ...phone, colorScheme: "dark" });
  await mobile.goto(`${shopUrl}/zh/account/sign-in`);
  assert.deepEqual(await accessibilityFindings(mobile), []);
  await signIn(mobile, "/zh", email, 2);
  assert.deepEqual(await accessibilityFindings(mobile), []);
  await look(mobile, "account-phone-dark-zh");
  await mobile.goto(`${shopUrl}/cart`);
  assert.ok((await mobile.textContent("main")).includes(title), "on the phone, too");

  // One ends the other's session; who is signed out leaves no cart behind.
  await desk.goto(`${shopUrl}/account`);
  await desk.click("form[action$='/sessions/end'] button");
  await desk.waitForURL("**/account");
  await mobile.goto(`${shopUrl}/zh/account`);
  await mobile.waitForURL("**/zh/account/sign-in");
  await mobile.goto(`${shopUrl}/cart`);
  assert.ok(!(await mobile.textContent("main")).includes(title));

  await desk.click("form[action$='/offers'] button");
  await desk.waitForSelector("form[action$='/offers'] button[value=no]");
  const data = await (await desk.request.get(`${shopUrl}/account/data`)).json();
  assert.equal(data.customer.consent.by, "account");
  await desk.click("a[href$='/account/delete']");
  await desk.click("main form button");
  await desk.goto(`${shopUrl}/account`);
  await desk.waitForURL("**/account/sign-in");
  // The refused codes were 422s, which a browser notes.
  mobile.trouble = mobile.trouble.filter((line) => !line.includes("422"));
  assertNoTrouble(mobile);
});
