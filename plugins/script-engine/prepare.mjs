// Makes the script engine that Stoa runs out of the QuickJS that the npm package quickjs-wasi carries:
//
//   node prepare.mjs OUT.wasm
//
// 1. It is sealed: what it imports becomes functions of its own, so that it reaches nothing. The clock stands still, and
//    what looks like randomness is zeros.
// 2. It is started once, here: runtime and context are made and stripped of what a plugin must not have. The memory as it
//    then is becomes the module's data, so that an instance begins where this one ended.
// 3. Of its four hundred exports those stay that the host calls, and one is new: where the context lies.
//
// Same package, same bytes out.
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";

/// What plugins/runtime/src/script calls.
const CALLED = [
  "memory", "malloc", "JS_AddIntrinsicEval", "JS_Eval", "JS_WriteObject", "JS_ReadObject", "JS_ResolveModule",
  "JS_EvalFunction", "JS_PromiseState", "JS_PromiseResult", "JS_GetModuleNamespace", "JS_GetPropertyStr",
  "JS_IsFunction", "JS_ParseJSON", "JS_Call", "JS_JSONStringify", "JS_ToCStringLen2", "JS_GetException",
];
/// Everything of JavaScript but Date (the clock), eval (code from text), weak references (they show when garbage is
/// collected), performance (the clock again) and atob.
const INTRINSICS = ["BaseObjects", "RegExp", "JSON", "Proxy", "MapSet", "TypedArrays", "Promise"];
/// `Math.random` is gone, and with it every way to tell two runs apart.
const REMOVED = [["Math", "random"]];
/// Of the engine's own stack: JavaScript that recurses ends in a RangeError before the host's stack does.
const STACK_BYTES = 64 << 10;
/// Memory that is thrown away after each run need not be searched for garbage before there is this much of it.
const COLLECT_FROM_BYTES = 4 << 20;
const UNDEFINED = 3n << 32n;

const [TYPE, IMPORT, FUNCTION, MEMORY, EXPORT, CODE, DATA, DATA_COUNT] = [1, 2, 3, 5, 7, 10, 11, 12];
const GLOBAL = 6;
const [I32, I64] = [0x7f, 0x7e];
const PAGE = 64 << 10;

const source = readFileSync(createRequire(import.meta.url).resolve("quickjs-wasi/quickjs.wasm"));
const sections = split(source);
const sealed = seal(sections);
const started = await start(join(sealed));
writeFileSync(process.argv[2], join(freeze(sealed, started)));

/// Imports become functions that come first, as imports do: every other function keeps its number.
function seal(sections) {
  const types = list(sections, TYPE).map((at) => ({ parameters: at.bytes(), results: [...at.bytes()] }), (at) => at.byte());
  const imports = list(sections, IMPORT).map((at) => {
    at.bytes();
    at.bytes();
    if (at.byte() !== 0) throw new Error("the engine imports something that is no function");
    return at.number();
  });
  const functions = list(sections, FUNCTION);
  const code = list(sections, CODE);
  const answer = (type) => {
    const results = types[type].results;
    if (results.length > 1 || results.some((result) => result !== I32 && result !== I64)) {
      throw new Error("the engine imports a function with another result than a whole number");
    }
    // No locals; zero of the result's type; end. For WASI zero is success.
    return bytes([0, ...results.flatMap((result) => [result === I64 ? 0x42 : 0x41, 0]), 0x0b]);
  };
  const others = sections.filter((section) => section.id !== IMPORT && section.id !== 0);
  return replace(others, {
    [FUNCTION]: counted(functions.count + imports.length, [...imports.flatMap(leb), ...functions.rest()]),
    [CODE]: counted(code.count + imports.length, [...imports.flatMap(answer), ...code.rest()]),
  });
}

async function start(module) {
  const { instance } = await WebAssembly.instantiate(module, {});
  const js = instance.exports;
  js._initialize();
  const text = (string) => {
    const encoded = Buffer.from(`${string}\0`);
    const at = js.malloc(encoded.length);
    new Uint8Array(js.memory.buffer).set(encoded, at);
    return at;
  };
  const runtime = js.JS_NewRuntime();
  js.JS_SetMaxStackSize(runtime, STACK_BYTES);
  js.JS_SetGCThreshold(runtime, COLLECT_FROM_BYTES);
  const context = js.JS_NewContextRaw(runtime);
  for (const name of INTRINSICS) {
    if (js[`JS_AddIntrinsic${name}`](context) !== 0) throw new Error(`${name} did not start`);
  }
  const global = js.JS_GetGlobalObject(context);
  for (const [object, property] of REMOVED) {
    const value = js.JS_GetPropertyStr(context, global, text(object));
    const atom = js.JS_NewAtom(context, text(property));
    if (js.JS_DeleteProperty(context, value, atom, 0) !== 1) throw new Error(`${object}.${property} stayed`);
  }
  return { context, memory: new Uint8Array(js.memory.buffer) };
}

/// The module as it was started.
function freeze(sections, { context, memory }) {
  const exports = list(sections, EXPORT).map((at) => ({ name: at.text(), kind: at.byte(), number: at.number() }));
  const kept = exports.filter(({ name }) => CALLED.includes(name));
  const missing = CALLED.filter((name) => !exports.some((one) => one.name === name));
  if (missing.length > 0) throw new Error(`the engine has no ${missing.join(", ")}`);
  const globals = list(sections, GLOBAL);
  const data = segments(memory);
  const entry = ({ name, kind, number }) => [...bytes(Buffer.from(name)), kind, ...leb(number)];
  return replace(sections, {
    [MEMORY]: [1, 0, ...leb(memory.length / PAGE)],
    [GLOBAL]: counted(globals.count + 1, [...globals.rest(), I32, 0, 0x41, ...signed(context), 0x0b]),
    [EXPORT]: counted(kept.length + 1, [...kept.map(entry).flat(), ...entry({ name: "context", kind: 3, number: globals.count })]),
    [DATA_COUNT]: leb(data.length),
    [DATA]: counted(data.length, data.flatMap(({ at, from }) => [0, 0x41, ...signed(at), 0x0b, ...bytes(from)])),
  });
}

/// What is not zero, with gaps too short to be worth a segment.
function segments(memory) {
  const SHORT = 32;
  const found = [];
  let start = 0;
  while (start < memory.length) {
    if (memory[start] === 0) {
      start += 1;
      continue;
    }
    let end = start;
    for (let zeros = 0, at = start; at < memory.length && zeros < SHORT; at += 1) {
      zeros = memory[at] === 0 ? zeros + 1 : 0;
      if (zeros === 0) end = at + 1;
    }
    found.push({ at: start, from: memory.subarray(start, end) });
    start = end;
  }
  return found;
}

// The binary format, as far as it is needed here.

function split(module) {
  const at = reader(module, 8);
  const sections = [];
  while (!at.ended()) sections.push({ id: at.byte(), content: at.bytes() });
  return sections;
}

function join(sections) {
  const parts = sections.map(({ id, content }) => Buffer.from([id, ...leb(content.length), ...content]));
  return Buffer.concat([source.subarray(0, 8), ...parts]);
}

function replace(sections, contents) {
  return sections.map(({ id, content }) => ({ id, content: contents[id] ?? content }));
}

function list(sections, id) {
  const { content } = sections.find((section) => section.id === id);
  const at = reader(content, 0);
  const count = at.number();
  return {
    count,
    rest: () => [...content.subarray(at.position())],
    map: (read, before = () => {}) => Array.from({ length: count }, () => (before(at), read(at))),
  };
}

function reader(content, from) {
  let position = from;
  const byte = () => content[position++];
  const number = () => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const next = byte();
      value += (next & 0x7f) * 2 ** shift;
      if (next < 0x80) return value;
    }
  };
  const slice = () => {
    const length = number();
    position += length;
    return content.subarray(position - length, position);
  };
  return {
    byte,
    number,
    bytes: slice,
    text: () => Buffer.from(slice()).toString(),
    position: () => position,
    ended: () => position >= content.length,
  };
}

function counted(count, rest) {
  return Uint8Array.from([...leb(count), ...rest]);
}

function bytes(content) {
  return [...leb(content.length), ...content];
}

function leb(number) {
  const out = [];
  do {
    const low = number % 128;
    number = Math.floor(number / 128);
    out.push(number > 0 ? low | 0x80 : low);
  } while (number > 0);
  return out;
}

function signed(number) {
  const out = [];
  for (;;) {
    const low = number & 0x7f;
    number >>= 7;
    const last = (number === 0 && !(low & 0x40)) || (number === -1 && (low & 0x40) !== 0);
    out.push(last ? low : low | 0x80);
    if (last) return out;
  }
}
