// Makes a peer's index: node build.cjs DOCUMENTS INDEX

import { readFileSync, writeFileSync } from "node:fs";
import { make } from "./engine.js";

writeFileSync(process.argv[3], make(JSON.parse(readFileSync(process.argv[2], "utf8"))));
