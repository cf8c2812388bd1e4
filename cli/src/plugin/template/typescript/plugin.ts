/** {{title}}: some percent off the order, from a subtotal on. */
import { type Answer, type Input, percent } from "stoa-plugin";

/** See plugin.toml. */
interface Settings {
  percent: number;
  /** Minor units. */
  from: number;
}

export function run(input: Input, settings: Settings): Answer {
  if (input.cart.subtotal < settings.from) return [];
  const reason = `${settings.percent} % off`;
  return [{ kind: "discount_order", value: percent(settings.percent), reason }];
}
