// npm `stripe` makes and checks webhook headers, and its requests are compared with ours.
import assert from "node:assert/strict";
import { test } from "node:test";
import Stripe from "stripe";
import { deliver, recorded, world } from "./oracle.mjs";

const { secret_key: key, webhook_secret: secret } = world.sides.stripe;
const simulator = new URL(world.sides.url);
const stripe = new Stripe(key, {
  host: simulator.hostname, port: simulator.port, protocol: "http", maxNetworkRetries: 0, telemetry: false,
});

/** An event as Stripe sends it about a paid session. */
function paid({ payment, order }, changes = {}) {
  return JSON.stringify({
    id: `evt_${payment}`, object: "event", api_version: "2024-06-20", created: 1, livemode: false, pending_webhooks: 1,
    request: { id: null, idempotency_key: null }, type: "checkout.session.completed",
    data: { object: {
      id: `cs_${payment}`, object: "checkout.session", amount_total: 2500, currency: "cny", mode: "payment",
      client_reference_id: payment, metadata: { payment, order }, payment_status: "paid", status: "complete",
      payment_intent: "pi_1", url: null, customer_details: { name: "王丽", email: "wang.li@example.com" }, ...changes,
    } },
  }, null, 2);
}

async function send(payload, options = {}) {
  const header = stripe.webhooks.generateTestHeaderString({ payload, secret, ...options });
  return deliver("stripe", { "stripe-signature": header, "content-type": "application/json" }, payload);
}

test("a webhook that stripe's library signs pays the order, once", async () => {
  const payload = paid(world.payments[0]);
  const first = await send(payload);
  assert.equal(first.status, 200, first.text);
  assert.equal(JSON.parse(first.text).result, "recorded");
  assert.equal(JSON.parse((await send(payload)).text).result, "ignored");
});

test("a signed webhook with another amount is held", async () => {
  const answer = await send(paid(world.payments[1], { amount_total: 2499 }));
  assert.equal(JSON.parse(answer.text).result, "held");
});

test("another secret, an old time and a changed payload are refused", async () => {
  const payload = paid(world.payments[2]);
  const old = Math.floor(Date.now() / 1000) - 400;
  for (const [options, code] of [[{ secret: "whsec_other" }, "signature_invalid"], [{ timestamp: old }, "signature_expired"]]) {
    const answer = await send(payload, options);
    assert.equal(answer.status, 400);
    assert.equal(JSON.parse(answer.text).error.code, code);
  }
  const header = stripe.webhooks.generateTestHeaderString({ payload, secret });
  const changed = await deliver("stripe", { "stripe-signature": header }, payload.replace("2500", "2501"));
  assert.equal(JSON.parse(changed.text).error.code, "signature_invalid");
});

test("stripe's library believes the simulator's webhooks and not its forged ones", () => {
  const { headers, body } = world.callback;
  const event = stripe.webhooks.constructEvent(body, headers["stripe-signature"], secret);
  assert.equal(event.type, "checkout.session.completed");
  assert.equal(event.data.object.client_reference_id, world.payments[3].payment);
  const forged = world.forged;
  assert.throws(() => stripe.webhooks.constructEvent(forged.body, forged.headers["stripe-signature"], secret));
});

test("our request for a session says what the library says", async () => {
  const { payment, order, number, status_url: back } = world.payments[0];
  const metadata = { payment, order };
  await stripe.checkout.sessions.create({
    mode: "payment", client_reference_id: payment, metadata, payment_intent_data: { metadata },
    line_items: [{ quantity: 1, price_data: { currency: "cny", unit_amount: 2500, product_data: { name: `Stoa ${number}` } } }],
    adaptive_pricing: { enabled: false }, locale: "auto", success_url: back, cancel_url: back,
  }, { idempotencyKey: "oracle" });
  const requests = (await recorded("/v1/checkout/sessions")).filter((r) => r.method === "POST" && r.body.includes(payment));
  const [ours, theirs] = [requests.find((r) => r.headers["idempotency-key"] !== "oracle"), requests.at(-1)];
  assert.equal(theirs.headers["idempotency-key"], "oracle");
  const pairs = (request) => [...new URLSearchParams(request.body)].map((pair) => pair.join("=")).sort();
  assert.deepEqual(pairs(ours), pairs(theirs));
  assert.equal(ours.headers.authorization, theirs.headers.authorization);
  assert.equal(ours.headers["content-type"], theirs.headers["content-type"]);
  assert.equal(ours.headers["idempotency-key"], `start:${payment}:first`);
});

test("the library reads, expires and refunds at the simulator", async () => {
  const session = await stripe.checkout.sessions.create({
    mode: "payment", client_reference_id: "pay_oracle", metadata: { payment: "pay_oracle", order: "ord_oracle" },
    line_items: [{ quantity: 1, price_data: { currency: "cny", unit_amount: 900, product_data: { name: "Mug" } } }],
    success_url: world.shop,
  });
  assert.equal((await stripe.checkout.sessions.retrieve(session.id)).status, "open");
  await fetch(`${world.sides.url}/_simulators/trigger`, {
    method: "POST", headers: { "content-type": "application/json" },
    body: JSON.stringify({ provider: "stripe", payment: "pay_oracle", event: "payment.succeeded", silent: true }),
  });
  const done = await stripe.checkout.sessions.retrieve(session.id);
  assert.equal(done.payment_status, "paid");
  const refund = () => stripe.refunds.create({ payment_intent: done.payment_intent, amount: 400 }, { idempotencyKey: "r1" });
  assert.equal((await refund()).id, (await refund()).id);
  await assert.rejects(stripe.refunds.create({ payment_intent: done.payment_intent, amount: 600 }), { code: "amount_too_large" });
  await assert.rejects(new Stripe("sk_test_wrong", {
    host: simulator.hostname, port: simulator.port, protocol: "http", maxNetworkRetries: 0,
  }).checkout.sessions.retrieve(session.id), { type: "StripeAuthenticationError" });
});
