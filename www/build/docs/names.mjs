/** Names of the package in the code of the reference, each a link to its own page. */
import { posix } from "node:path";

/** A function that gives the HTML of a page of the reference with its names linked. */
export function linkNames(pages) {
  const paths = new Map(pages.filter(({ symbol }) => symbol !== undefined).map(({ symbol, path }) => [symbol, path]));
  return ({ path, symbol }, html) =>
    html.replaceAll(/<pre class="code"[^>]*><code>[^]*?<\/code><\/pre>/g, (code) => {
      const parts = code.split(/(<[^>]*>)/);
      const open = [];
      return parts
        .map((part) => {
          if (part.startsWith("</span")) open.pop();
          else if (part.startsWith("<span")) open.push(part);
          const meant = !part.startsWith("<") && !open.some((tag) => /hljs-(string|comment)/.test(tag));
          // Types and classes only: a small name may as well be a variable.
          return meant ? part.replaceAll(/\b[A-Z]\w+\b/g, link) : part;
        })
        .join("");

      function link(name) {
        const target = paths.get(name);
        if (target === undefined || name === symbol) return name;
        return `<a href="${posix.relative(posix.dirname(path), target)}">${name}</a>`;
      }
    });
}
