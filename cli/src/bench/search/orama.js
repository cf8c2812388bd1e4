// Orama 3: all words, weighed by field and stemmed; where no product has all, any of them, with an error in each.

import { create, insertMultiple, load, save, search as ask } from "@orama/orama";

const properties = ["title", "brand", "kinds", "attributes", "description", "codes"];
const texts = Object.fromEntries(properties.map((name) => [name, "string"]));
const empty = () =>
  create({
    schema: { ...texts, maker: "enum", price: "number" },
    sort: { enabled: false },
    components: { tokenizer: { language: "english", stemming: true } },
  });

export function make(documents) {
  const engine = empty();
  insertMultiple(engine, documents, 1_000);
  const index = save(engine);
  // Only the ids are answered, so the texts need not be held a second time.
  for (const [no, document] of Object.entries(index.docs.docs)) index.docs.docs[no] = { id: document.id };
  return JSON.stringify(index);
}

export function open(index) {
  const engine = empty();
  load(engine, JSON.parse(index));
  return engine;
}

export function search(engine, term, brand, most) {
  const where = {};
  if (brand !== null) where.maker = { eq: brand };
  if (most !== null) where.price = { lte: most };
  const asked = { term, properties, limit: 24, ...(Object.keys(where).length && { where }) };
  let found = ask(engine, { ...asked, threshold: 0 });
  if (found.count === 0) found = ask(engine, { ...asked, threshold: 1, tolerance: 1 });
  return { total: found.count, hits: found.hits.map(({ id, score }) => ({ id, score })) };
}
