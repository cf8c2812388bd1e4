// Made of plugins/wit/promotion.wit by the runtime's tests: do not edit.
// Amounts are minor units (fen, cents) of the cart's currency; whole numbers everywhere.

export interface Attribute {
  /** The stable name that filters use: `material`. */
  name: string;
  value: string;
}

export interface Line {
  sku: string;
  /** The product's id: several variants share it. */
  product: string;
  title: string;
  /** At least 1. */
  quantity: number;
  /** Of one piece. */
  unit_price: number;
  /** What one piece cost before; above the unit price. */
  compare_at: number | null;
  weight_grams: number | null;
  brand: string | null;
  product_type: string | null;
  tags: string[];
  /** Handles of the product's category and of those above it, the top one first. */
  categories: string[];
  /** Handles of the collections that the product is in. */
  collections: string[];
  attributes: Attribute[];
}

export interface Cart {
  /** In the order they were added; one line a SKU. */
  lines: Line[];
  /** ISO 4217. */
  currency: string;
  /** Sum of the lines. */
  subtotal: number;
  /** The id of the method that the shopper chose, once chosen. */
  shipping_method: string | null;
  /** As the shopper gave them. */
  codes: string[];
}

/** Who buys, as far as a promotion needs to know: nothing here tells one member of a group from another. */
export interface Shopper {
  groups: string[];
  /** Orders placed before this one. */
  orders: number;
}

export interface Context {
  /** Seconds since 1970-01-01 00:00 UTC. */
  now: number;
  /** What the shop's clock shows at that moment: `2026-11-24T09:30:00`. */
  local_time: string;
  /** BCP 47: the language that reasons should be written in. */
  locale: string;
  /** ISO 3166-1: `CN`. */
  country: string | null;
  channel: string | null;
}

export interface Input {
  cart: Cart;
  /** None: the shop does not know who it is. */
  shopper: Shopper | null;
  context: Context;
}

/** Some pieces of one line. */
export interface Pieces {
  sku: string;
  quantity: number;
}

export type Value =
  /** Ten-thousandths: 1500 is 15 %. 1 to 10000. */
  | { basis_points: number }
  /** Off the whole target, spread by what its lines cost. More than that counts as all of it. */
  | { amount: number }
  /** Off each piece. */
  | { amount_each: number }
  /** What the whole target costs instead, where that is less. */
  | { price: number }
  /** What each piece costs instead, where that is less. */
  | { price_each: number };

/** All pieces of one line. */
export interface LineDiscount {
  sku: string;
  value: Value;
  /** What the shopper reads beside the amount: 1 to 200 characters. So everywhere. */
  reason: string;
}

/** Some pieces of some lines: how many is how a promotion stops at three of five, or at one of the whole cart. */
export interface PiecesDiscount {
  /** 1 to 500 of them. */
  pieces: Pieces[];
  value: Value;
  reason: string;
}

export interface BuyGet {
  /** What is paid in full. */
  buy: Pieces[];
  /** What gets cheaper because of it. */
  get: Pieces[];
  value: Value;
  reason: string;
}

export interface Discount {
  value: Value;
  reason: string;
}

export interface Gift {
  sku: string;
  quantity: number;
  reason: string;
}

export interface CodeRejection {
  code: string;
  reason: string;
}

export type Operation =
  | ({ kind: "discount_line" } & LineDiscount)
  | ({ kind: "discount_pieces" } & PiecesDiscount)
  /** A piece counts on one side of one such offer only. */
  | ({ kind: "buy_get" } & BuyGet)
  /** Pieces that cost less together; they are in no other bundle or buy-get. */
  | ({ kind: "bundle" } & PiecesDiscount)
  /** Spread over all lines by their totals. A percentage, an amount or a price. */
  | ({ kind: "discount_order" } & Discount)
  /** A percentage, an amount or a price. */
  | ({ kind: "discount_shipping" } & Discount)
  /** Beside what is in the cart, for nothing. */
  | ({ kind: "add_gift" } & Gift)
  /** Shown on the cart; changes no price. */
  | { kind: "message"; text: string }
  /** A code that no rule of the shop knows is this promotion's. */
  | { kind: "accept_code"; code: string }
  | ({ kind: "reject_code" } & CodeRejection);
