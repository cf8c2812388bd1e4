// What the Rust side tells an oracle: the shop, both sides' keys, payments at the till, and callbacks of the simulator.
export const world = JSON.parse(process.env.STOA_ORACLE);

/** Posts a callback to the shop; its status and its text. */
export async function deliver(provider, headers, body) {
  const answer = await fetch(`${world.shop}/payments/callbacks/${provider}`, { method: "POST", headers, body });
  return { status: answer.status, text: await answer.text() };
}

/** The requests that a simulator received from the shop or from an oracle. */
export async function recorded(path) {
  const answer = await fetch(`${world.sides.url}/_simulators/requests`);
  return (await answer.json()).filter((request) => request.path.startsWith(path));
}
