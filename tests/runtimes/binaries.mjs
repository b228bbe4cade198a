/** Where the pinned runtimes of `tests/tools` lie. Their npm launchers fetch on first use, the platform packages do not. */
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { root } from "./project.mjs";

const modules = join(root, "tests/tools/node_modules");
const bits = { x64: "64", arm64: "arm64" }[process.arch];

const PATHS = {
  "Node 20": `node20-${process.platform}-${process.arch}/bin/node`,
  "Node 22": `node22-${process.platform}-${process.arch}/bin/node`,
  "Node 24": `node24-${process.platform}-${process.arch}/bin/node`,
  Deno: `@deno/${process.platform}-${process.arch}-glibc/deno`,
  Bun: `@oven/bun-${process.platform}-${process.arch === "arm64" ? "aarch64" : process.arch}/bin/bun`,
  workerd: `@cloudflare/workerd-${process.platform}-${bits}/bin/workerd`,
};

/** The path of a runtime's program; throws one line that says what is missing. */
export function binary(name) {
  const path = join(modules, PATHS[name]);
  if (!existsSync(path)) throw new Error(`${name} is missing: none is pinned for ${process.platform} on ${process.arch}`);
  return path;
}

/** The browser: CHROMIUM if set, else the first of the usual names on the PATH. */
export function chromium() {
  if (process.env.CHROMIUM) return process.env.CHROMIUM;
  const places = (process.env.PATH ?? "").split(delimiter);
  for (const name of ["chromium", "chromium-browser", "google-chrome"]) {
    const place = places.find((directory) => existsSync(join(directory, name)));
    if (place !== undefined) return join(place, name);
  }
  throw new Error("Chromium is missing: install it (Debian: apt-get install chromium) or set CHROMIUM to its path");
}
