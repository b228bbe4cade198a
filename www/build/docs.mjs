/** The documentation as plain pages: recipes, the API reference, papers. Part of `make site`. */
import { build } from "esbuild";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { writtenPages } from "./docs/contents.mjs";
import { linkNames } from "./docs/names.mjs";
import { addressIn, rendered } from "./docs/markdown.mjs";
import { referencePages } from "./docs/reference.mjs";
import { filled } from "./docs/template.mjs";
import { SCRIPT } from "./chunks.mjs";
import { styleSheet } from "./styles.mjs";

const docs = fileURLToPath(new URL("../docs", import.meta.url));

/**
 * Writes every page into `out`, the folder `docs` of the site: its sheet, its icon and its colours lie one above. Resolves to what
 * the reference lacks, one line each; `complain` is told of it.
 */
export async function buildDocs(out, { complain = (line) => console.error(`docs: ${line}`) } = {}) {
  rmSync(out, { recursive: true, force: true });
  mkdirSync(out, { recursive: true });
  const { before, after } = writtenPages();
  const { pages: reference, warnings } = await referencePages();
  for (const line of warnings) complain(line);
  const pages = [...before, ...reference, ...after].map((page) => ({ ...page, ...rendered(page.markdown) }));
  const address = addressIn(pages);
  const named = linkNames(reference);
  for (const page of pages) {
    const content = page.names ? named(page, address(page)) : address(page);
    const file = join(out, page.path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, filled({ ...page, content }, pages));
  }
  writeFileSync(join(out, "search.json"), JSON.stringify(searchable(pages)));
  const file = (name) => ({ entryPoints: [join(docs, name)], outfile: join(out, name) });
  await build({ ...SCRIPT, ...file("docs.js") });
  await styleSheet(file("docs.css"));
  return warnings;
}

/** What the search field finds: every page, and the headings of what is written by hand but for the one that every recipe has. */
function searchable(pages) {
  const own = ({ depth, text }) => depth === 2 && text !== "What can go wrong";
  const sections = ({ headings, names }) => (names ? [] : headings.filter(own));
  return pages.flatMap((page) => [
    { title: page.title, path: page.path, group: page.entry ?? page.group },
    ...sections(page).map(({ text, id }) => ({ title: text, path: `${page.path}#${id}`, group: page.title })),
  ]);
}
