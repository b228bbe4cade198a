/** What is written by hand: which page comes from which Markdown file, and where it stands in the list. */
import { readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../..", import.meta.url));

/** Group → its recipes in order, each with its short name. */
export const RECIPES = {
  Runtimes: { node: "Node", browser: "Browser", bundlers: "Bundlers", workers: "Cloudflare Workers", deno: "Deno", bun: "Bun" },
  "Stores and keys": { redis: "Redis, Valkey", postgresql: "PostgreSQL", sqlite: "SQLite", indexeddb: "IndexedDB", keys: "Keys" },
  "Between agents": { http: "HTTP", mcp: "MCP", a2a: "A2A", evidence: "Evidence" },
};

/** Files of the project that are pages as they are. */
const GUIDE = [["README.md", "guide.html", "Guide"]];
const PAPERS = [
  ["docs/SPEC.md", "papers/specification.html", "Specification"],
  ["docs/THREATS.md", "papers/threats.html", "Threats"],
  ["docs/ARCHITECTURE.md", "papers/architecture.html", "Architecture"],
  ["SECURITY.md", "papers/security.html", "Security"],
  ["CHANGELOG.md", "papers/changes.html", "Changes"],
];

/**
 * `{ before, after }`: the pages that stand before and behind the reference in the list, each `{ path, source, group, label, markdown }`.
 * The first is the beginning of it all.
 */
export function writtenPages() {
  const recipes = Object.entries(RECIPES).flatMap(([group, names]) =>
    Object.entries(names).map(([name, label]) => page(group, `www/docs/recipes/${name}.md`, `recipes/${name}.html`, label)),
  );
  const home = page("Documentation", "www/docs/index.md", "index.html", "Overview");
  const guide = GUIDE.map((paper) => page("Documentation", ...paper));
  const markdown = home.markdown.replace("<!-- recipes -->", () => listed(recipes));
  return { before: [{ ...home, markdown }, ...guide, ...recipes], after: PAPERS.map((paper) => page("Papers", ...paper)) };
}

function page(group, source, path, label) {
  return { group, source, path, label, markdown: read(source) };
}

function read(source) {
  return readFileSync(join(root, source), "utf8");
}

/** All recipes, each with the sentence that says when to use it. */
function listed(pages) {
  return Object.keys(RECIPES)
    .map((group) => {
      const line = ({ source, markdown }) => `- [${titleOf(markdown)}](${posix.relative("www/docs", source)}): ${sentence(markdown)}`;
      const lines = pages.filter((page) => page.group === group).map(line);
      return `### ${group}\n\n${lines.join("\n")}`;
    })
    .join("\n\n");
}

const titleOf = (markdown) => /^# (.+)$/m.exec(markdown)[1];

/** The first sentence below the title, as it goes on after a colon. */
function sentence(markdown) {
  const [, text] = /^# .+\n\n([^]+?[.:])(?:\s|$)/.exec(markdown);
  return text.replaceAll("\n", " ").replace(/[.:]$/, "").replace(/^[A-Z](?=[a-z ])/, (letter) => letter.toLowerCase());
}
