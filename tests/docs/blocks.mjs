/** The fenced code blocks of a Markdown text: what tests run of a page is what its readers see. */

/**
 * Blocks in order: `{ language, name, text, output }`. The name is the word behind the language, of a file where it has a dot;
 * `output` is the `text` block that follows at once, if one does.
 */
export function blocksOf(markdown) {
  const fences = /^```(\w+)(?: (\S+))?\n([^]*?)^```\n(?:\n```text\n([^]*?)^```)?/gm;
  return [...markdown.matchAll(fences)].map(([, language, name, text, output]) => ({ language, name, text, output }));
}
