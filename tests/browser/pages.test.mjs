// Every kind of page: reachable, accessible, within its budget, asking nobody else for anything.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { gzipSync } from "node:zlib";
import { accessibilityFindings, assertNoTrouble, launch, look, phone, shopUrl, shopper } from "./shop.mjs";

let browser, paths;
before(async () => {
  browser = await launch();
  paths = await somePaths();
});
after(async () => { await browser?.close(); });

/// One address of each kind, found as a visitor finds them.
async function somePaths() {
  const page = await shopper(browser);
  const links = async (path, selector) => {
    await page.goto(shopUrl + path);
    const found = await page.locator(selector).evaluateAll((anchors) => anchors.map((a) => new URL(a.href).pathname));
    return [...new Set(found)];
  };
  const [collection] = await links("/collections", "main a[href*='/collections/']");
  const [product] = await links(collection, "main a[href*='/products/']");
  const footer = await links("/", "footer a[href*='/pages/'], footer a[href*='/policies/']");
  return {
    home: "/", collections: "/collections", collection, filtered: `${collection}?filter.available=1&sort_by=price-ascending`, product,
    search: "/search?q=table", "search-nothing": "/search?q=zzzzqqq", cart: "/cart",
    ...Object.fromEntries(footer.map((path) => [path.slice(1).replaceAll("/", "-"), path])),
    "not-found": "/products/there-is-no-such-thing",
  };
}

describe("pages", () => {
  for (const [look_, options] of Object.entries({
    light: {}, dark: { colorScheme: "dark" }, phone, "phone-dark": { ...phone, colorScheme: "dark" },
  })) {
    for (const prefix of ["", "/zh"]) {
      test(`have no accessibility violation: ${look_} ${prefix || "/en"}`, async () => {
        const page = await shopper(browser, options);
        const found = [];
        for (const [name, path] of Object.entries(paths)) {
          await page.goto(shopUrl + (prefix && path === "/" ? prefix : prefix + path));
          found.push(...(await accessibilityFindings(page)).map((f) => `${name} ${page.url()}: ${f}`));
          await look(page, `page-${name}-${look_}${prefix.replace("/", "-")}`);
        }
        assert.deepEqual(found, []);
        assert.deepEqual(page.trouble.filter((t) => !t.includes("status of 404")), []);
      });
    }
  }

  test("stay within their budgets", async () => {
    for (const [name, path] of Object.entries(paths)) {
      const html = await (await fetch(shopUrl + path)).text();
      const size = gzipSync(html).length;
      assert.ok(size <= 40_000, `${name}: ${size} bytes of HTML after gzip`);
      for (const [, href] of html.matchAll(/(?:href|src)="(\/static\/[^"]+\.(?:css|js))"/g)) {
        const bytes = gzipSync(Buffer.from(await (await fetch(shopUrl + href)).arrayBuffer())).length;
        assert.ok(bytes <= (href.endsWith(".css") ? 20_000 : 25_000), `${href}: ${bytes} bytes after gzip`);
      }
    }
  });

  test("do not scroll sideways on a phone", async () => {
    const page = await shopper(browser, { ...phone, viewport: { width: 360, height: 740 } });
    for (const prefix of ["", "/zh"]) {
      for (const [name, path] of Object.entries(paths)) {
        await page.goto(shopUrl + (prefix && path === "/" ? prefix : prefix + path));
        const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
        assert.ok(over <= 0, `${name} ${prefix} is ${over} px too wide`);
      }
    }
  });

  test("say how they may be cached", async () => {
    for (const name of ["home", "collection", "product", "search"]) {
      const first = await fetch(shopUrl + paths[name]);
      assert.match(first.headers.get("cache-control"), /public.*must-revalidate/, name);
      const etag = first.headers.get("etag");
      assert.ok(etag, `${name} has an ETag`);
      const again = await fetch(shopUrl + paths[name], { headers: { "if-none-match": etag } });
      assert.equal(again.status, 304, name);
    }
    const cart = await fetch(`${shopUrl}/cart`);
    assert.match(cart.headers.get("cache-control"), /private.*no-store/);
  });

  test("carry headers that keep strangers out", async () => {
    const { headers } = await fetch(shopUrl + paths.product);
    assert.match(headers.get("content-security-policy"), /frame-ancestors 'none'/);
    assert.doesNotMatch(headers.get("content-security-policy"), /unsafe-inline|unsafe-eval/);
    assert.equal(headers.get("x-content-type-options"), "nosniff");
  });

  test("that are gone answer 404 with a way on", async () => {
    const page = await shopper(browser);
    const answer = await page.goto(shopUrl + paths["not-found"]);
    assert.equal(answer.status(), 404);
    assert.ok(await page.locator("main a").count());
  });

  test("are in the sitemap, and robots.txt names it", async () => {
    const robots = await (await fetch(`${shopUrl}/robots.txt`)).text();
    const [, sitemap] = robots.match(/^Sitemap: (.+)$/m);
    const index = await (await fetch(sitemap)).text();
    const chunk = [...index.matchAll(/<loc>([^<]+)<\/loc>/g)].map(([, loc]) => loc);
    assert.ok(chunk.length > 0);
    const urls = await (await fetch(chunk[0])).text();
    assert.ok(urls.includes(paths.product) || (await fetch(chunk.at(-1)).then((r) => r.text())).includes(paths.product));
  });
});

describe("search", () => {
  test("narrows by price and says so in the address", async () => {
    const page = await shopper(browser, { javaScriptEnabled: false });
    await page.goto(`${shopUrl}${paths.collection}`);
    const before = await page.locator("main a[href*='/products/']").count();
    await page.goto(`${shopUrl}${paths.collection}?filter.price.lte=1`);
    assert.ok((await page.locator("main a[href*='/products/']").count()) < before);
  });

  for (const [name, query] of Object.entries({
    long: "mug ".repeat(2_500), wildcards: "****", quotes: '"\'"\'(((', emoji: "🫖☕️👩‍👩‍👧", control: "mug\u0000\u0007\u202e", markup: "<script>alert(1)</script>",
  })) {
    test(`answers a hostile query: ${name}`, async () => {
      const answer = await fetch(`${shopUrl}/search?q=${encodeURIComponent(query)}`);
      assert.ok([200, 400, 414].includes(answer.status), `status ${answer.status}`);
      assert.ok(!(await answer.text()).includes("<script>alert"));
      assert.equal((await fetch(`${shopUrl}/healthz`)).status, 200);
    });
  }
});
