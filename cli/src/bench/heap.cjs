// Prints how many bytes V8 says a worker holds: its heap, the runtime's own objects on it, the stores behind buffers, and
// the memories of its WebAssembly instances, which those leave out.
// The first argument is the address of workerd's inspector; with a second, garbage is not counted.
const WebSocket = require("ws");

const fail = (why) => {
  console.error(String(why));
  process.exit(1);
};

(async () => {
  const [worker] = await (await fetch(`http://${process.argv[2]}/json`)).json();
  const socket = new WebSocket(worker.webSocketDebuggerUrl);
  await new Promise((open, failed) => socket.on("open", open).on("error", failed));
  const waiting = new Map();
  socket.on("error", fail);
  socket.on("message", (text) => {
    const { id, method, params, result, error } = JSON.parse(text);
    if (error) fail(error.message);
    waiting.get(id ?? method)?.(result ?? params);
  });
  const ask = (method, params = {}) =>
    new Promise((answered) => {
      const id = waiting.size + 1;
      waiting.set(id, answered);
      socket.send(JSON.stringify({ id, method, params }));
    });
  let heap = await ask("Runtime.getHeapUsage");
  const created = new Promise((known) => waiting.set("Runtime.executionContextCreated", known));
  ask("Runtime.enable");
  const { context } = await created;
  const expression = "WebAssembly.Memory.prototype";
  const memory = await ask("Runtime.evaluate", { contextId: context.id, expression });
  const { objects } = await ask("Runtime.queryObjects", { prototypeObjectId: memory.result.objectId });
  // Looking for objects collects what is garbage.
  if (process.argv[3]) heap = await ask("Runtime.getHeapUsage");
  const sum = "function () { return this.reduce((bytes, memory) => bytes + memory.buffer.byteLength, 0); }";
  const wasm = await ask("Runtime.callFunctionOn", { objectId: objects.objectId, functionDeclaration: sum, returnByValue: true });
  console.log(JSON.stringify({ ...heap, wasmMemorySize: wasm.result.value }));
  process.exit(0);
})().catch(fail);
setTimeout(() => fail("the inspector did not answer in 60 s"), 60_000);
