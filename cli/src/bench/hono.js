// The product page as a Hono worker renders it, from the same products and with the same text: what `stoa bench edge`
// compares with. The frame around <main> and the headers are given to it ready-made, and it holds only the products that
// are asked for.

import { Hono } from "hono";
import { html, raw } from "hono/html";
import { currency, frame, headers, products } from "./data.json";

const app = new Hono();
const price = new Intl.NumberFormat("en", { style: "currency", currency, currencyDisplay: "narrowSymbol" });
const money = (amount) => price.format(amount.minor / 10 ** price.resolvedOptions().maximumFractionDigits);
const text = (localized) => localized.en ?? Object.values(localized)[0] ?? "";

const shown = ({ value }) =>
  value.text ? text(value.text) : value.number ? [value.number.value, value.number.unit].filter(Boolean).join(" ") : value.flag ? "Yes" : "No";

const drawn = (title) => html`<svg class="drawn tint-1" viewBox="0 0 320 400" aria-hidden="true" preserveAspectRatio="xMidYMid slice"><use href="${frame.shapes}#arcade-1"></use><text x="160" y="338" text-anchor="middle">${
  [...title.split(/[^\p{L}\p{N}]/u)].map((word) => word[0] ?? "").filter((c) => /\p{L}/u.test(c)).slice(0, 2).join("").toUpperCase()
}</text></svg>`;

const tile = (card) => html`<li class="tile"><div class="mat">${drawn(card.brand ?? card.title)}</div>${
  card.brand ? html`<p class="brand">${card.brand}</p>` : ""
}<h3><a href="/products/${encodeURIComponent(card.handle)}">${card.title}</a></h3><p class="line"><span class="price">${money(card.price)}</span></p></li>`;

const jsonLd = (product, origin) =>
  JSON.stringify({
    "@context": "https://schema.org", "@type": "Product", name: text(product.title), url: `${origin}/products/${product.handle}`,
    sku: product.variants[0].sku, brand: product.brand && { "@type": "Brand", name: product.brand },
    offers: product.variants.map((variant) => ({
      "@type": "Offer", sku: variant.sku, price: (variant.price.minor / 100).toFixed(2), priceCurrency: currency, availability: "https://schema.org/InStock",
    })),
  }).replaceAll("<", "\\u003c");

app.get("/products/:handle", (c) => {
  const found = products[c.req.param("handle")];
  if (!found) return c.notFound();
  const { product, crumbs, related } = found;
  const title = text(product.title);
  const [variant] = product.variants;
  const page = html`${raw(frame.before)}<title>${title}</title><script type="application/ld+json">${raw(jsonLd(product, new URL(c.req.url).origin))}</script>${raw(frame.main)}<nav class="crumbs" aria-label="Breadcrumbs"><ol><li><a href="/">Home</a></li>${crumbs.map(
    (crumb) => html`<li><a href="/collections/${crumb.handle}">${crumb.name}</a></li>`,
  )}<li aria-current="page">${title}</li></ol></nav><article class="product" data-swap="product"><div class="gallery"><div class="mat">${drawn(
    product.brand ?? title,
  )}<p class="soft">A drawing stands in: there is no photograph of this one yet.</p></div></div><div class="buy">${product.brand ? html`<p class="brand"><a href="/search?q=${encodeURIComponent(product.brand)}">${product.brand}</a></p>` : ""}<h1>${title}</h1><p class="offer"><span class="price">${money(
    variant.price,
  )}</span><span class="soft">Taxes included</span></p><p class="stock yes">In stock, ready to ship</p><form class="add" method="post" action="/cart/add"><input type="hidden" name="sku" value="${variant.sku}"><label class="quantity"><span>Quantity</span><input type="number" name="quantity" value="1" min="1" max="99" inputmode="numeric" required></label><button type="submit">Add to cart</button></form><section class="prose">${raw(
    text(product.description_html),
  )}</section><section class="attributes"><h2>Details</h2><dl>${product.attributes.map(
    (attribute) => html`<div><dt>${text(attribute.label) || attribute.name}</dt><dd>${shown(attribute)}</dd></div>`,
  )}</dl></section></div></article><section class="shelf"><ul class="tiles">${related.map(tile)}</ul></section>${raw(frame.after)}`;
  return c.html(page, 200, headers);
});

export default app;
