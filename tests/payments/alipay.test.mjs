// npm `alipay-sdk` checks what the shop and the simulator sign; its own requests are taken by the simulator.
import assert from "node:assert/strict";
import { createPublicKey, createSign } from "node:crypto";
import { test } from "node:test";
import { AlipaySdk } from "alipay-sdk";
import { deliver, recorded, world } from "./oracle.mjs";

// The library writes the machine's own time where Alipay expects China's.
process.env.TZ = "Asia/Shanghai";
// The library cannot read a key whose text ends in a new line.
const sides = Object.fromEntries(Object.entries(world.sides.alipay).map(([name, text]) => [name, text.trim()]));
const gateway = `${world.sides.url}/gateway.do`;
const common = { appId: sides.app_id, keyType: "PKCS8", gateway };
const sdk = new AlipaySdk({ ...common, privateKey: sides.app_private_key, alipayPublicKey: sides.alipay_public_key });
/** Believes what the app signs: the library's check, turned around. */
const appPublicKey = createPublicKey(sides.app_private_key).export({ type: "spki", format: "pem" }).trim();
const ofApp = new AlipaySdk({ ...common, privateKey: sides.app_private_key, alipayPublicKey: appPublicKey });

const form = { "content-type": "application/x-www-form-urlencoded; charset=utf-8" };
const chinaTime = (time) => new Date(time + 8 * 3_600_000).toISOString().slice(0, 19).replace("T", " ");

/** A notification as Alipay sends it, signed without any code of ours. */
function notification({ payment, order }, changes = {}, privateKey = sides.alipay_private_key) {
  const now = chinaTime(Date.now());
  const fields = {
    notify_time: now, notify_type: "trade_status_sync", notify_id: `n_${payment}`, app_id: sides.app_id, charset: "utf-8",
    version: "1.0", auth_app_id: sides.app_id, trade_no: `2026112322001${payment}`, out_trade_no: payment,
    buyer_id: "2088102122524333", seller_id: sides.seller_id, trade_status: "TRADE_SUCCESS", total_amount: "25.00",
    receipt_amount: "24.50", buyer_pay_amount: "24.50", invoice_amount: "24.50", subject: "Stoa 订单 & more = 100%+",
    passback_params: order, gmt_create: now, gmt_payment: now,
    fund_bill_list: '[{"amount":"25.00","fundChannel":"PCREDIT"}]', ...changes,
  };
  const content = Object.keys(fields).sort().map((name) => `${name}=${fields[name]}`).join("&");
  const sign = createSign("RSA-SHA256").update(content, "utf8").sign(privateKey, "base64");
  return new URLSearchParams({ ...fields, sign, sign_type: "RSA2" });
}

test("a notification signed by Alipay's key pays the order and is answered with success", async () => {
  const body = notification(world.payments[0]);
  assert.ok(sdk.checkNotifySign(Object.fromEntries(body), true), "the library believes it too");
  for (const _ of [1, 2]) {
    const answer = await deliver("alipay", form, body.toString());
    assert.deepEqual(answer, { status: 200, text: "success" });
  }
});

test("a signed notification of another amount is taken and held", async () => {
  const answer = await deliver("alipay", form, notification(world.payments[1], { total_amount: "24.99" }).toString());
  assert.deepEqual(answer, { status: 200, text: "success" });
});

test("a notification of another app, seller, key or time is refused", async () => {
  const yesterday = chinaTime(Date.now() - 27 * 3_600_000);
  const payment = world.payments[2];
  for (const [body, code] of [
    [notification(payment, { app_id: "2021000000000009" }), "not_ours"],
    [notification(payment, { seller_id: "2088000000000009" }), "not_ours"],
    [notification(payment, {}, sides.app_private_key), "signature_invalid"],
    [notification(payment, { notify_time: yesterday }), "signature_expired"],
  ]) {
    const answer = await deliver("alipay", form, body.toString());
    assert.equal(answer.status, 400);
    assert.equal(JSON.parse(answer.text).error.code, code);
  }
});

test("the library believes the simulator's notifications and not its forged ones", () => {
  const fields = (callback) => Object.fromEntries(new URLSearchParams(callback.body));
  assert.ok(sdk.checkNotifySignV2(fields(world.callback)));
  assert.equal(fields(world.callback).out_trade_no, world.payments[3].payment);
  assert.ok(!sdk.checkNotifySignV2(fields(world.forged)));
});

test("the address of the page that we make is signed as the library wants it", () => {
  const url = new URL(world.payments[0].redirect);
  const ours = Object.fromEntries(url.searchParams);
  assert.ok(ofApp.checkNotifySignV2(ours));
  assert.ok(!ofApp.checkNotifySignV2({ ...ours, biz_content: ours.biz_content.replace("25.00", "0.01") }));
  const theirs = new URL(sdk.pageExecute("alipay.trade.page.pay", "GET", {
    notifyUrl: ours.notify_url, returnUrl: ours.return_url, bizContent: JSON.parse(ours.biz_content),
  }));
  // Ours says `format`, the library says which library it is.
  const names = (params, but) => [...params.keys()].filter((name) => name !== but).sort();
  assert.deepEqual(names(url.searchParams, "format"), names(theirs.searchParams, "alipay_sdk"));
});

test("the library's requests are taken and the simulator's answers believed", async () => {
  const page = sdk.pageExecute("alipay.trade.page.pay", "GET", {
    notifyUrl: world.shop, returnUrl: world.shop,
    bizContent: { outTradeNo: "pay_oracle", totalAmount: "9.00", subject: "Mug", productCode: "FAST_INSTANT_TRADE_PAY" },
  });
  assert.equal((await fetch(page, { redirect: "manual" })).status, 303);
  const exec = (method, bizContent) => sdk.exec(method, { bizContent }, { validateSign: true });
  const code = await exec("alipay.trade.precreate", { outTradeNo: "pay_code", totalAmount: "9.00", subject: "Mug" });
  assert.match(code.qrCode, /^https:\/\/qr\.alipay\.com\//);
  assert.equal((await exec("alipay.trade.query", { outTradeNo: "pay_oracle" })).tradeStatus, "WAIT_BUYER_PAY");
  await fetch(`${world.sides.url}/_simulators/trigger`, {
    method: "POST", headers: { "content-type": "application/json" },
    body: JSON.stringify({ provider: "alipay", payment: "pay_oracle", event: "payment.succeeded", silent: true }),
  });
  assert.equal((await exec("alipay.trade.query", { outTradeNo: "pay_oracle" })).tradeStatus, "TRADE_SUCCESS");
  const refund = { outTradeNo: "pay_oracle", refundAmount: "4.00", outRequestNo: "r1" };
  assert.equal((await exec("alipay.trade.refund", refund)).fundChange, "Y");
  assert.equal((await exec("alipay.trade.refund", refund)).fundChange, "N");
  const forged = new AlipaySdk({ ...common, privateKey: sides.alipay_private_key, alipayPublicKey: sides.alipay_public_key });
  const refused = await forged.exec("alipay.trade.query", { bizContent: { outTradeNo: "pay_oracle" } }, { validateSign: true });
  assert.equal(refused.subCode, "isv.invalid-signature");
});

test("every request that the simulator recorded of the shop is signed by the app", async () => {
  const requests = await recorded("/gateway.do");
  const ours = requests.filter((request) => !request.path.includes("alipay_sdk") && request.headers["user-agent"] === undefined);
  assert.ok(ours.length >= 4, `${ours.length} requests`);
  for (const request of ours) {
    const fields = Object.fromEntries(new URLSearchParams(request.path.split("?")[1] + "&" + request.body));
    assert.ok(ofApp.checkNotifySignV2(fields), request.path);
  }
});
