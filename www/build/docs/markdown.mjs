/** Markdown to HTML: headings with addresses, code in colour, tables that scroll, links between the pages of the site. */
import { Marked } from "marked";
import { posix } from "node:path";
import { escaped, highlighted } from "../highlight.mjs";

const LANGUAGES = { js: "javascript", ts: "typescript", html: "xml", console: "shell", sh: "bash", text: "plaintext" };

/** `{ title, description, headings, html }` of a Markdown text. Links are as they were written: `addressIn` sets them. */
export function rendered(markdown) {
  const headings = [];
  const taken = new Map();
  const marked = new Marked({
    renderer: {
      heading({ tokens, depth }) {
        const inside = this.parser.parseInline(tokens);
        const text = plain(inside);
        const id = slug(text, taken);
        headings.push({ depth, text, id });
        const anchor = depth === 1 ? "" : ` <a class="anchor" href="#${id}" aria-label="Link to: ${escaped(text)}">#</a>`;
        return `<h${depth} id="${id}">${inside}${anchor}</h${depth}>\n`;
      },
      // Left out: what is meant for a forge, a picture that knows one theme only and marks for tools.
      html: ({ text }) => (/^<(picture|!--)/.test(text) ? "" : text),
      code({ text, lang = "" }) {
        const [language, name] = lang.split(" ");
        const code = `<pre class="code" tabindex="0"><code>${highlighted(text, LANGUAGES[language] ?? language)}</code></pre>`;
        const caption = name?.includes(".") ? `<figcaption>${escaped(name)}</figcaption>` : "";
        return `<figure class="listing" data-language="${escaped(language)}">${caption}${code}</figure>\n`;
      },
      table(token) {
        const row = (cells, tag) => `<tr>${cells.map((cell) => this.tablecell({ ...cell, header: tag === "th" })).join("")}</tr>`;
        const named = token.header.some(({ text }) => text !== "");
        const head = named ? `<thead>${row(token.header, "th")}</thead>` : "";
        const rows = token.rows.map((cells) => row(cells, "td")).join("\n");
        return `<div class="scroll" tabindex="0"><table class="grid">${head}<tbody>${rows}</tbody></table></div>\n`;
      },
      tablecell({ tokens, header }) {
        const inside = this.parser.parseInline(tokens);
        // A head without a word is no head.
        return header && inside !== "" ? `<th scope="col">${inside}</th>` : `<td>${inside}</td>`;
      },
    },
  });
  const html = marked.parse(markdown);
  const [, first = ""] = /<p>([^]*?)<\/p>/.exec(html) ?? [];
  const title = headings.find(({ depth }) => depth === 1)?.text ?? "";
  return { title, description: shortened(plain(first)) || `${title} of trusthandoff.`, headings, html };
}

/** The address that a heading has on a forge too. */
function slug(text, taken) {
  const base = text.toLowerCase().replace(/[^\p{L}\p{N}\s_-]/gu, "").trim().replace(/\s/g, "-");
  const times = taken.get(base) ?? 0;
  taken.set(base, times + 1);
  return times === 0 ? base : `${base}-${times}`;
}

const ENTITIES = { "&amp;": "&", "&lt;": "<", "&gt;": ">", "&quot;": '"', "&#39;": "'" };

function plain(html) {
  return html.replaceAll(/<[^>]*>/g, "").replaceAll(/&\w+;|&#39;/g, (entity) => ENTITIES[entity] ?? entity).replaceAll(/\s+/g, " ").trim();
}

function shortened(text) {
  return text.length <= 160 ? text : `${text.slice(0, 157).replace(/\s\S*$/, "")} …`;
}

/**
 * Sets the links of a page: what leads to the Markdown of another page leads to that page, and what leads to a file that is no page
 * stays as words.
 */
export function addressIn(pages) {
  const bySource = new Map(pages.map(({ source, path }) => [source, path]));
  return ({ source, path, html }) =>
    html.replaceAll(/<a href="([^"#][^"]*)">([^]*?)<\/a>/g, (whole, href, inside) => {
      if (/^[a-z]+:/.test(href)) return whole;
      const [file, anchor] = href.split("#");
      const target = bySource.get(posix.join(posix.dirname(source), file));
      if (target === undefined) return inside;
      return `<a href="${posix.relative(posix.dirname(path), target)}${anchor === undefined ? "" : `#${anchor}`}">${inside}</a>`;
    });
}
