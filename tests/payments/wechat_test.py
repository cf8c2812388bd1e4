"""PyPI `wechatpayv3` checks what the shop and the simulator sign, and makes callbacks that the shop must accept."""

import base64
import json
import os
import time
import unittest
from unittest import mock

import requests
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from wechatpayv3 import WeChatPay, WeChatPayType
from wechatpayv3.core import Core
from wechatpayv3.utils import build_authorization, load_private_key, rsa_sign

WORLD = json.loads(os.environ["STOA_ORACLE"])
SIDES = WORLD["sides"]["wechat"]
CALLBACKS = WORLD["shop"] + "/payments/callbacks/wechat"


def library():
    """WeChat Pay as the library sees it, with the simulator in its place: certificates fetched from there."""
    with mock.patch.object(Core, "_init_certificates", lambda core: None):
        pay = WeChatPay(
            wechatpay_type=WeChatPayType.NATIVE, mchid=SIDES["merchant_id"], private_key=SIDES["merchant_private_key"],
            cert_serial_no=SIDES["merchant_serial"], apiv3_key=SIDES["api_v3_key"], appid=SIDES["app_id"],
            notify_url=CALLBACKS,
        )
    pay._core._gate_way = WORLD["sides"]["url"]
    pay._core._update_certificates()
    return pay


def transaction(payment, **changes):
    resource = {
        "mchid": SIDES["merchant_id"], "appid": SIDES["app_id"], "out_trade_no": payment["payment"],
        "transaction_id": "42000" + payment["payment"], "trade_type": "NATIVE", "trade_state": "SUCCESS",
        "trade_state_desc": "支付成功", "bank_type": "CMC", "attach": payment["order"],
        "success_time": "2026-11-23T10:34:56+08:00", "payer": {"openid": "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"},
        "amount": {"total": 2500, "payer_total": 2400, "currency": "CNY", "payer_currency": "CNY"},
    }
    return {**resource, **changes}


def callback(resource, event="EV-1", key=None, serial=None, seconds=None):
    """As WeChat Pay sends it, made with the library's own signature and no code of ours."""
    nonce, associated = "0123456789ab", "transaction"
    plain = json.dumps(resource, ensure_ascii=False).encode()
    sealed = AESGCM(SIDES["api_v3_key"].encode()).encrypt(nonce.encode(), plain, associated.encode())
    body = json.dumps({
        "id": event, "create_time": "2026-11-23T10:34:56+08:00", "resource_type": "encrypt-resource",
        "event_type": "TRANSACTION.SUCCESS", "summary": "支付成功",
        "resource": {"original_type": "transaction", "algorithm": "AEAD_AES_256_GCM", "nonce": nonce,
                     "ciphertext": base64.b64encode(sealed).decode(), "associated_data": associated},
    }, ensure_ascii=False)
    seconds = str(seconds or int(time.time()))
    key = load_private_key(key or SIDES["certificate_private_key"])
    signature = rsa_sign(key, f"{seconds}\nnonce-of-the-library\n{body}\n")
    headers = {
        "Wechatpay-Timestamp": seconds, "Wechatpay-Nonce": "nonce-of-the-library", "Wechatpay-Signature": signature,
        "Wechatpay-Serial": serial or SIDES["certificate_serial"], "Wechatpay-Signature-Type": "WECHATPAY2-SHA256-RSA2048",
        "Content-Type": "application/json",
    }
    return headers, body.encode()


def deliver(made):
    headers, body = made
    answer = requests.post(CALLBACKS, data=body, headers=headers, timeout=10)
    return answer.status_code, answer.json()


class WechatPay(unittest.TestCase):
    def test_a_callback_that_the_library_signs_pays_the_order_once(self):
        made = callback(transaction(WORLD["payments"][0]), event="EV-paid")
        parsed = library().callback(made[0], made[1])
        self.assertEqual(parsed["resource"]["out_trade_no"], WORLD["payments"][0]["payment"])
        status, answer = deliver(made)
        self.assertEqual((status, answer.get("result")), (200, "recorded"), answer)
        self.assertEqual(deliver(made)[1]["result"], "ignored")

    def test_a_signed_callback_of_another_amount_is_held(self):
        amount = {"total": 2499, "payer_total": 2499, "currency": "CNY", "payer_currency": "CNY"}
        status, answer = deliver(callback(transaction(WORLD["payments"][1], amount=amount), event="EV-held"))
        self.assertEqual((status, answer.get("result")), (200, "held"), answer)

    def test_another_key_serial_merchant_or_time_is_refused(self):
        resource = transaction(WORLD["payments"][2])
        table = [
            (callback(resource, key=SIDES["merchant_private_key"]), "signature_invalid"),
            (callback(resource, serial="7132D72A03E93CDDF8C03BBD1F37EEDF00000000"), "signing_key_unknown"),
            (callback(resource, seconds=int(time.time()) - 400), "signature_expired"),
            (callback({**resource, "mchid": "1900000009"}), "not_ours"),
            (callback({**resource, "appid": "wx00000000000000ff"}), "not_ours"),
        ]
        for made, code in table:
            status, answer = deliver(made)
            self.assertEqual((status, answer["error"]["code"]), (400, code), answer)

    def test_the_library_believes_the_simulators_callbacks_and_not_its_forged_ones(self):
        pay = library()
        genuine, forged = WORLD["callback"], WORLD["forged"]
        parsed = pay.callback(genuine["headers"], genuine["body"])
        self.assertEqual(parsed["event_type"], "TRANSACTION.SUCCESS")
        self.assertEqual(parsed["resource"]["out_trade_no"], WORLD["payments"][3]["payment"])
        self.assertFalse(pay.callback(forged["headers"], forged["body"]))

    def test_our_requests_are_signed_as_the_library_signs(self):
        recorded = requests.get(WORLD["sides"]["url"] + "/_simulators/requests", timeout=10).json()
        ours = [r for r in recorded if r["headers"].get("user-agent", "").startswith("stoa/")]
        self.assertGreaterEqual(len(ours), 5)
        for request in ours:
            sent = request["headers"]["authorization"]
            parts = dict(part.split("=", 1) for part in sent.split(" ", 1)[1].split(","))
            parts = {name: value.strip('"') for name, value in parts.items()}
            with mock.patch("wechatpayv3.utils.time.time", return_value=int(parts["timestamp"])):
                expected = build_authorization(
                    request["path"], request["method"], SIDES["merchant_id"], SIDES["merchant_serial"],
                    load_private_key(SIDES["merchant_private_key"]), request["body"] or None, parts["nonce_str"])
            self.assertEqual(sent, expected)

    def test_the_library_pays_reads_and_refunds_at_the_simulator(self):
        pay = library()
        status, answer = pay.pay(description="Mug", out_trade_no="pay_oracle", amount={"total": 900, "currency": "CNY"})
        self.assertEqual(status, 200, answer)
        self.assertTrue(json.loads(answer)["code_url"].startswith("weixin://wxpay/bizpayurl?pr="))
        trigger = {"provider": "wechat", "payment": "pay_oracle", "event": "payment.succeeded", "silent": True}
        requests.post(WORLD["sides"]["url"] + "/_simulators/trigger", json=trigger, timeout=10).raise_for_status()
        status, answer = pay.query(out_trade_no="pay_oracle")
        self.assertEqual((status, json.loads(answer)["trade_state"]), (200, "SUCCESS"))
        amount = {"refund": 400, "total": 900, "currency": "CNY"}
        status, answer = pay.refund(out_refund_no="r1", amount=amount, out_trade_no="pay_oracle", reason="small")
        self.assertEqual((status, json.loads(answer)["status"]), (200, "SUCCESS"))
        amount["refund"] = 600
        status, _ = pay.refund(out_refund_no="r2", amount=amount, out_trade_no="pay_oracle", reason="small")
        self.assertEqual(status, 403)


if __name__ == "__main__":
    unittest.main()
