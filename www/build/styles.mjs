/** Style sheets as browsers of the last three years read them. */
import { build } from "esbuild";
import { readFileSync } from "node:fs";
import { BROWSERS } from "./browsers.mjs";

/** Bundles the sheet that `options` name. */
export function styleSheet(options) {
  return build({ ...options, bundle: true, minify: true, target: BROWSERS, plugins: [lightDark], logLevel: "warning" });
}

/**
 * An esbuild plugin for `light-dark()`, which is younger than the oldest of these browsers: of the two variables that `tokens.css` sets
 * with the colour scheme one is empty, and the other invalid, which leaves its fallback.
 */
const lightDark = {
  name: "light-dark",
  setup({ onLoad }) {
    onLoad({ filter: /\.css$/ }, ({ path }) => ({
      contents: readFileSync(path, "utf8").replaceAll(/light-dark\(([^(),]+), ([^(),]+)\)/g, "var(--if-light, $1) var(--if-dark, $2)"),
      loader: "css",
    }));
  },
};
