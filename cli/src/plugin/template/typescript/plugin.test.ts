import assert from "node:assert/strict";
import { test } from "node:test";
import { input, line } from "stoa-plugin";
import { run } from "./plugin.ts";

const settings = { percent: 10, from: 20_000 };

test("a small cart pays in full", () => {
  assert.deepEqual(run(input("CNY", [line("bowl", 1, 8_000)]), settings), []);
});

test("from the amount on the order costs less", () => {
  const [discount] = run(input("CNY", [line("bowl", 3, 8_000)]), settings);
  assert.deepEqual(discount, { kind: "discount_order", value: { basis_points: 1_000 }, reason: "10 % off" });
});
