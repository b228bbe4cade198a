/**
 * `make site`: the playground and its documentation as plain files in target/www, deployable to any file server. `--page` leaves
 * the documentation out.
 */
import { build } from "esbuild";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildScripts } from "./build/chunks.mjs";
import { exampleHtml } from "./build/highlight.mjs";
import { styleSheet } from "./build/styles.mjs";
import { headersFile, POLICY } from "./build/policy.mjs";

const www = fileURLToPath(new URL(".", import.meta.url));
const root = join(www, "..");
const dist = join(root, "pkg/dist");
const site = join(root, "target/www");
/** Written apart and put in its place when it is whole: whoever serves the old site never serves half of the new one. */
const out = join(root, `target/www.${process.pid}`);

const NOTICES = "THIRD-PARTY-NOTICES.txt";

/** In the order of the navigation. */
const PANELS = { attack: "Attack", inspect: "Inspect", approve: "Approve", sentinel: "Sentinel", keys: "Keys" };

const panelFile = (name, file) => join(www, "panels", name, file);
const present = Object.keys(PANELS).filter((name) => existsSync(panelFile(name, "panel.js")));
const read = (path) => readFileSync(path, "utf8");

async function scripts() {
  const workers = present.filter((name) => existsSync(panelFile(name, "worker.js"))).map((name) => [`${name}-worker`, panelFile(name, "worker.js")]);
  const panels = present.map((name) => [`panel-${name}`, panelFile(name, "panel.js")]);
  const lazy = { ...Object.fromEntries(panels), sentinel: join(dist, "sentinel.js"), uplot: "uplot" };
  await buildScripts({ out, www, dist, lazy, entries: { main: join(www, "main.js"), ...Object.fromEntries(workers) } });
  await build({ entryPoints: [join(www, "theme.js")], outfile: join(out, "theme.js"), minify: true, logLevel: "warning" });
}

/** One sheet: tokens, base, components, then what each panel adds. */
async function styles() {
  const sheets = ["tokens", "base", "components"].map((name) => join(www, "style", `${name}.css`));
  const added = present.map((name) => panelFile(name, "panel.css")).filter(existsSync);
  const contents = [...sheets, ...added].map((path) => `@import ${JSON.stringify(path)};`).join("\n");
  await styleSheet({ stdin: { contents, loader: "css", resolveDir: www }, outfile: join(out, "style.css") });
}

function page() {
  const sections = present.map((name, index) => {
    const inside = read(panelFile(name, "panel.html")).replace("<!-- example -->", () => exampleHtml(read(panelFile(name, "example.js"))));
    return `<section class="panel" id="${name}" aria-labelledby="${name}-title" tabindex="-1"${index === 0 ? "" : " hidden"}>\n${inside}</section>`;
  });
  const links = present.map((name) => `<li><a href="#${name}" data-panel="${name}">${PANELS[name]}</a></li>`);
  const { version } = JSON.parse(read(join(root, "pkg/package.json")));
  const parts = { policy: POLICY, links: links.join("\n"), panels: sections.join("\n"), version };
  const text = read(join(www, "shell.html")).replaceAll(/<!-- (\w+) -->/g, (whole, name) => parts[name] ?? whole);
  writeFileSync(join(out, "index.html"), text);
}

function files() {
  cpSync(join(root, "pkg/dist/core.wasm"), join(out, "core.wasm"));
  cpSync(join(www, "icon.svg"), join(out, "icon.svg"));
  cpSync(join(root, NOTICES), join(out, NOTICES));
  writeFileSync(join(out, "_headers"), headersFile());
  for (const name of present) {
    const examples = panelFile(name, "examples");
    if (existsSync(examples)) for (const file of readdirSync(examples)) cpSync(join(examples, file), join(out, "examples", name, file));
  }
}

async function documentation() {
  const { buildDocs } = await import("./build/docs.mjs");
  await buildDocs(join(out, "docs"));
}

export async function buildSite({ docs = true } = {}) {
  try {
    mkdirSync(out, { recursive: true });
    await Promise.all([scripts(), styles()]);
    page();
    files();
    if (docs) await documentation();
    else if (existsSync(join(site, "docs"))) cpSync(join(site, "docs"), join(out, "docs"), { recursive: true });
    rmSync(site, { recursive: true, force: true });
    renameSync(out, site);
  } finally {
    rmSync(out, { recursive: true, force: true });
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildSite({ docs: !process.argv.includes("--page") });
