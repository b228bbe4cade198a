/** Finds pages by their titles and headings, in a list that was made with the site. */
import { fetched } from "../ui/again.js";
import { clear, find, h } from "../ui/dom.js";

const MOST = 12;

/** Makes the search field work; without JavaScript it stays hidden. */
export function wireFinder(search, docs) {
  const input = find(search, "input");
  const list = find(search, "ul");
  let pages = null;
  search.hidden = false;

  const words = () => input.value.toLowerCase().split(/\s+/).filter(Boolean);
  const note = (text) => clear(list, h("li", { class: "hint", text }));
  const item = ({ title, path, group }) => {
    return h("li", {}, h("a", { href: `${docs}/${path}` }, title, h("span", { class: "hint", text: group })));
  };

  async function show() {
    const asked = words();
    if (asked.length === 0) return clear(list);
    try {
      pages ??= fetched(`${docs}/search.json`, (response) => response.json());
      const found = ranked(await pages, asked);
      // Another letter may have been typed meanwhile.
      if (asked.join() !== words().join()) return;
      if (found.length === 0) note("Nothing is called that.");
      else clear(list, found.slice(0, MOST).map(item));
    } catch {
      pages = null;
      note("The list of pages could not be loaded.");
    }
  }

  input.addEventListener("input", show);
  input.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      input.value = "";
      clear(list);
    } else if (event.key === "Enter" || event.key === "ArrowDown") {
      const first = list.querySelector("a");
      if (first === null) return;
      event.preventDefault();
      if (event.key === "Enter") first.click();
      else first.focus();
    }
  });
}

/** All words must occur, in the title or in where it stands; what is called so comes first, and what begins so before all. */
function ranked(pages, words) {
  const called = (title) => words.every((word) => title.includes(word));
  const rank = (title) => (called(title) ? 0 : 2) + (title.startsWith(words[0]) ? 0 : 1) + title.length / 1000;
  return pages
    .map((page) => ({ page, title: page.title.toLowerCase(), place: page.group.toLowerCase() }))
    .filter(({ title, place }) => words.every((word) => title.includes(word) || place.includes(word)))
    .sort((one, other) => rank(one.title) - rank(other.title))
    .map(({ page }) => page);
}
