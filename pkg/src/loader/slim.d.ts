export * from "./index.js";

/**
 * Where the WebAssembly of `trusthandoff/slim` may come from. `object` stands for a URL and for a compiled
 * `WebAssembly.Module`, whose types exist only beside those of the DOM or of a runtime.
 */
export type WasmSource = string | ArrayBuffer | ArrayBufferView | WasmResponse | object;

/** What of a fetch `Response` is used. */
export interface WasmResponse {
  readonly ok?: boolean;
  readonly status?: number;
  arrayBuffer(): Promise<ArrayBuffer>;
}

/**
 * Makes the wasm of `trusthandoff/slim` available; everything else of the package throws `wasm_unavailable` before.
 *
 * @param source A URL, a `Response`, bytes, a compiled `WebAssembly.Module`, or a promise of one of these. All but a
 *   Module must hash to the `core.wasm` of this release (`wasm_mismatch`). With a Module everything is ready as soon as
 *   `init` returns.
 */
export declare function init(source: WasmSource | Promise<WasmSource>): Promise<void>;
