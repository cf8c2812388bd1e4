/**
 * Happy hour 欢乐时光: some percent off every piece, between two times of certain days. A plugin has no clock; what the
 * shop's clock shows is in its input.
 */
import { type Answer, type Input, percent } from "stoa-plugin";
import { isBetween, weekday, yesterday } from "./clock.ts";

/** See plugin.toml. */
export interface Settings {
  percent: number;
  tag?: string;
  from: string;
  until: string;
  days?: number[];
}

export function run({ cart, context }: Input, settings: Settings): Answer {
  if (settings.from === settings.until) return "from and until are the same time";
  if (!isOn(context.local_time, settings)) return [];
  const { tag } = settings;
  const belonging = cart.lines.filter((line) => tag === undefined || line.tags.includes(tag));
  const reason = context.locale.startsWith("zh")
    ? `欢乐时光 ${settings.from}–${settings.until}，减 ${settings.percent}%`
    : `Happy hour until ${settings.until}: ${settings.percent} % off`;
  return belonging.map((line) => ({ kind: "discount_line", sku: line.sku, value: percent(settings.percent), reason }));
}

/** An hour that ends after midnight belongs to the day on which it began. */
function isOn(now: string, { from, until, days }: Settings): boolean {
  const [date, time] = [now.slice(0, 10), now.slice(11, 16)];
  if (!isBetween(time, from, until)) return false;
  const today = weekday(date);
  const began = until < from && time < until ? yesterday(today) : today;
  return days === undefined || days.length === 0 || days.includes(began);
}
