import assert from "node:assert/strict";
import { test } from "node:test";
import { input, line } from "stoa-plugin";
import { run, type Settings } from "./plugin.ts";

const late: Settings = { percent: 20, from: "22:00", until: "02:00", days: [6] };

/** What a cup of tea costs less at that time. */
function off(local_time: string, settings: Settings) {
  const cart = input("CNY", [line("tea", 1, 1_800)]);
  return run({ ...cart, context: { ...cart.context, local_time } }, settings);
}

test("a night that began on Saturday is still Saturday's on Sunday morning", () => {
  assert.equal(off("2026-11-28T23:00:00", late).length, 1);
  assert.equal(off("2026-11-29T01:00:00", late).length, 1);
  assert.equal(off("2026-11-28T01:00:00", late).length, 0);
  assert.equal(off("2026-11-29T23:00:00", late).length, 0);
});

test("without days it is every day", () => {
  assert.equal(off("2026-11-25T23:00:00", { ...late, days: [] }).length, 1);
});
