/**
 * What the author of a Stoa plugin in TypeScript depends on. A plugin is one function, exported as `run`:
 *
 *     import { type Answer, type Input, percent } from "stoa-plugin";
 *
 *     export function run(input: Input, settings: { percent: number }): Answer {
 *       return [{ kind: "discount_order", value: percent(settings.percent), reason: "A little off" }];
 *     }
 */
export * from "./contract.ts";

import type { Input, Line, Operation, Value } from "./contract.ts";

/** At most 200 operations; or a sentence for the merchant, and the cart goes on without the promotion. */
export type Answer = Operation[] | string;

/** Whole percents. */
export function percent(percent: number): Value {
  return { basis_points: percent * 100 };
}

/** For tests: a cart that nothing else is known of, in English, at the beginning of 1970. */
export function input(currency: string, lines: Line[]): Input {
  const subtotal = lines.reduce((sum, line) => sum + line.unit_price * line.quantity, 0);
  return {
    cart: { lines, currency, subtotal, shipping_method: null, codes: [] },
    shopper: null,
    context: { now: 0, local_time: "1970-01-01T00:00:00", locale: "en", country: null, channel: null },
  };
}

/** For tests: a line of a product of its own, in no category. */
export function line(sku: string, quantity: number, unit_price: number): Line {
  return {
    sku,
    product: sku,
    title: sku,
    quantity,
    unit_price,
    compare_at: null,
    weight_grams: null,
    brand: null,
    product_type: null,
    tags: [],
    categories: [],
    collections: [],
    attributes: [],
  };
}
