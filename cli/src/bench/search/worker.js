// A peer's worker: fetches the index that was made beforehand, as ours fetches its own, and answers as ours does.

import { open, search } from "./engine.js";
import { index } from "./index.js";

let engine;

export default {
  async fetch(request, env) {
    engine ??= open(await (await fetch(`${env.STOA_OBJECTS_URL}/${index}`)).text());
    const asked = new URL(request.url).searchParams;
    const brand = asked.get("filter.brand");
    const most = asked.get("filter.price.lte");
    const answer = search(engine, asked.get("q") ?? "", brand, most === null ? null : Number(most));
    return Response.json(answer, { headers: { "cache-control": "public, max-age=2, must-revalidate", "x-content-type-options": "nosniff" } });
  },
};
