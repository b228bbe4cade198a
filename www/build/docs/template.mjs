/** The frame around a page: what stands in `www/docs/page.html`, filled in. */
import { readFileSync } from "node:fs";
import { posix } from "node:path";
import { escaped } from "../highlight.mjs";
import { POLICY } from "../policy.mjs";

const frame = readFileSync(new URL("../../docs/page.html", import.meta.url), "utf8");

/** The text of the page among `pages`. */
export function filled(page, pages) {
  const up = posix.relative(posix.dirname(page.path), ".");
  const docs = up === "" ? "." : up;
  const parts = {
    ...{ policy: POLICY, title: escaped(titleOf(page)), description: escaped(page.description) },
    ...{ docs, site: `${docs}/..`, contents: contents(page, pages), content: page.content, here: here(page) },
  };
  return frame.replaceAll(/<!-- (\w+) -->/g, (whole, name) => parts[name] ?? whole);
}

/** What the browser shows above: two entries have members of one name. */
function titleOf({ title, symbol, entry, label }) {
  if (symbol !== undefined) return `${title} · ${entry}`;
  return title === "trusthandoff" && label !== undefined ? label : title;
}

/** The list of all pages, with the one that is shown marked; of the reference, what the entry at hand does. */
function contents(page, pages) {
  const groups = new Map();
  for (const other of pages) {
    const near = other.entry === page.entry && ["Classes", "Functions"].includes(other.kind);
    if (other.symbol !== undefined && !near && other !== page) continue;
    groups.set(other.group, [...(groups.get(other.group) ?? []), other]);
  }
  return [...groups].map(([group, listed]) => `<p class="group">${escaped(group)}</p>\n<ul>\n${items(page, listed)}\n</ul>`).join("\n");
}

function items(page, listed) {
  const members = listed.filter(({ symbol }) => symbol !== undefined);
  return listed
    .filter(({ symbol }) => symbol === undefined)
    .map((other) => {
      const own = members.filter(({ entry }) => entry === other.entry && other.entry !== undefined);
      const inside = own.length === 0 ? "" : `\n<ul class="members">\n${own.map((member) => item(page, member)).join("\n")}\n</ul>\n`;
      return item(page, other, inside);
    })
    .join("\n");
}

function item(page, other, inside = "") {
  const href = posix.relative(posix.dirname(page.path), other.path);
  const current = other.path === page.path ? ' aria-current="page"' : "";
  return `<li><a href="${href}"${current}>${escaped(other.symbol ?? other.label ?? other.title)}</a>${inside}</li>`;
}

/** The headings of a long page. */
function here({ headings }) {
  const listed = headings.filter(({ depth }) => depth === 2);
  if (listed.length < 3) return "";
  const lines = listed.map(({ text, id }) => `<li><a href="#${id}">${escaped(text)}</a></li>`);
  return `<nav class="here" aria-label="On this page">\n<p class="group">On this page</p>\n<ul>\n${lines.join("\n")}\n</ul>\n</nav>`;
}
