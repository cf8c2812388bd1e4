// The sample promotion `spend-and-save`, as its Rust source says it, for whatever runs JavaScript.
export function run(input, settings) {
  const cart = input.cart;
  const chinese = input.context.locale.startsWith("zh");
  const operations = settings.bundle ? bundleDiscounts(cart, settings.bundle, chinese) : [];
  const tiers = settings.tiers ?? [];
  const reached = tiers.filter((t) => cart.subtotal >= t.spend).reduce((a, b) => (a && a.spend > b.spend ? a : b), null);
  if (reached) {
    const spend = money(reached.spend, cart.currency);
    const save = money(reached.save, cart.currency);
    const reason = chinese ? `满 ${spend} 减 ${save}` : `Spend ${spend}, save ${save}`;
    operations.push({ kind: "discount_order", value: { amount: reached.save }, reason });
  }
  const next = tiers.filter((t) => cart.subtotal < t.spend).reduce((a, b) => (a && a.spend <= b.spend ? a : b), null);
  if (next && cart.lines.length > 0) {
    const missing = money(next.spend - cart.subtotal, cart.currency);
    const save = money(next.save, cart.currency);
    const text = chinese ? `再买 ${missing} 即可减 ${save}` : `Add ${missing} more to save ${save}`;
    operations.push({ kind: "message", text });
  }
  if (settings.free_shipping_from !== undefined && cart.subtotal >= settings.free_shipping_from) {
    const reason = chinese ? "满额免运费" : "Free shipping on this order";
    operations.push({ kind: "discount_shipping", value: { basis_points: 10000 }, reason });
  }
  return operations;
}

function bundleDiscounts(cart, bundle, chinese) {
  const belonging = cart.lines.filter((line) => line.tags.includes(bundle.tag));
  const pieces = belonging.reduce((sum, line) => sum + line.quantity, 0);
  if (pieces < bundle.quantity) return [];
  const { quantity, percent } = bundle;
  const reason = chinese ? `任选 ${quantity} 件减 ${percent}%` : `${percent} % off for ${quantity} or more`;
  const value = { basis_points: percent * 100 };
  return belonging.map((line) => ({ kind: "discount_line", sku: line.sku, value, reason }));
}

function money(minor, currency) {
  const digits = { JPY: 0, KRW: 0, VND: 0, BHD: 3, KWD: 3, OMR: 3, JOD: 3, TND: 3 }[currency] ?? 2;
  const unit = 10 ** digits;
  const whole = Math.trunc(minor / unit);
  const part = minor % unit;
  const sign = currency === "CNY" ? "¥" : `${currency} `;
  return part === 0 ? `${sign}${whole}` : `${sign}${whole}.${String(part).padStart(digits, "0")}`;
}
