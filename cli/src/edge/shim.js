// The worker's entry: starts the wasm module, and starts it anew when it died.
// A panic or a trap leaves an instance in an unknown state (wasm has no unwinding): the request at hand gets a 500, the
// next one a fresh instance from the module that is compiled already.
import { fetch as handle, initSync, ready, __wbg_reset_state } from "./index_bg.js";
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

function broken(error) {
  console.error(String(error));
  return new Response("Something went wrong here. Please try again.\n", {
    status: 500,
    headers: { "content-type": "text/plain; charset=utf-8", "cache-control": "no-store" },
  });
}

export default {
  fetch(request, env, context) {
    try {
      if (state().criticalError) {
        state().criticalError = false;
        __wbg_reset_state();
      }
      // Most answers are pages in memory: those need no promise.
      const page = request.method === "GET" && guard(() => ready(request.url, request.headers.get("if-none-match") ?? undefined));
      return page || guard(() => handle(request, env, context)).catch(broken);
    } catch (error) {
      return broken(error);
    }
  },
};
