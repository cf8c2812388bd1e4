import assert from "node:assert/strict";
import { test } from "node:test";
import { isBetween, weekday } from "./clock.ts";

test("weekdays are those of the calendar", () => {
  for (let day = 0; day < 20_000; day += 1) {
    const date = new Date(day * 86_400_000);
    assert.equal(weekday(date.toISOString().slice(0, 10)), date.getUTCDay() || 7, date.toISOString());
  }
});

test("an hour over midnight is on both sides of it", () => {
  for (const [time, on] of [["21:59", false], ["22:00", true], ["23:59", true], ["00:00", true], ["01:59", true], ["02:00", false]] as const) {
    assert.equal(isBetween(time, "22:00", "02:00"), on, time);
  }
});
