// The worker's entry: starts the wasm module, and starts it anew when it died.
// A panic or a trap leaves an instance in an unknown state (wasm has no unwinding): the request at hand gets a 500, the
// next one a fresh instance from the module that is compiled already.
import { fetch as handle, initSync, __wbg_reset_state } from "./index_bg.js";
import module from "./index_bg.wasm";

initSync({ module });
const state = () => globalThis.__worker_init_state;

// The executor runs its tasks as microtasks, so a trap surfaces there and not in `handle`'s promise.
const enqueue = globalThis.queueMicrotask;
globalThis.queueMicrotask = (task) => enqueue(() => guard(task));

function guard(task) {
  try {
    return task();
  } catch (error) {
    if (error instanceof WebAssembly.RuntimeError) state().criticalError = true;
    throw error;
  }
}

export default {
  async fetch(request, env, context) {
    if (state().criticalError) {
      state().criticalError = false;
      __wbg_reset_state();
    }
    try {
      return await guard(() => handle(request, env, context));
    } catch (error) {
      console.error(String(error));
      return new Response("Something went wrong here. Please try again.\n", {
        status: 500,
        headers: { "content-type": "text/plain; charset=utf-8", "cache-control": "no-store" },
      });
    }
  },
};
