/** Code in colour, made when the site is built, so that readers load no highlighter. */
import highlight from "highlight.js/lib/common";

/** The HTML of `code`, everything in it escaped. */
export function highlighted(code, language) {
  return highlight.getLanguage(language) ? highlight.highlight(code, { language }).value : escaped(code);
}

export function escaped(text) {
  return text.replaceAll(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** The lines of JavaScript under a panel. */
export function exampleHtml(source) {
  const code = highlighted(source.trim(), "javascript");
  return `<details class="example"><summary>The same in JavaScript</summary><div class="example-actions"></div><pre class="code" tabindex="0"><code>${code}</code></pre></details>`;
}
