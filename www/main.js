/** The shell: starts the core, shows the panel that the address names, and keeps the theme. It decides nothing about packets. */
import { init } from "trusthandoff/slim";
import { fetched } from "./ui/again.js";
import { clear, find, h } from "./ui/dom.js";
import { wireExamples } from "./ui/example.js";
import { load } from "./ui/load.js";
import { wireTheme } from "./ui/theme.js";
import * as ui from "ui";
import { shared } from "./shared.js";

shared.ui = ui;

const sections = new Map([...document.querySelectorAll("section.panel")].map((section) => [section.id, section]));
const [first] = sections.keys();
const trouble = find(document, "#trouble");
const said = find(document, "#said");

/** What is wrong with the page itself, where a person sees it; `next` is what helps. */
function complain(text, ...next) {
  clear(trouble, text, ...next);
  trouble.hidden = false;
}

let starting = null;
/** The core, for which every panel waits. One request, begun with the page, until one has succeeded. */
function core() {
  starting ??= fetched("core.wasm", init).catch((error) => {
    starting = null;
    throw new Error(`the WebAssembly core could not be started: ${error.message}`);
  });
  return starting;
}
core().catch(() => {});

/** name → what the panel's `start` gave. A panel that could not start is tried again at its next show. */
const started = new Map();

/** What one panel hands to another, `{ name, text }`, until that one is shown; else null. */
let handed = null;
/** The panel that is shown. */
let current = null;

const page = {
  /** Shows another panel, with an argument of its own in the address. */
  go(name, argument) {
    location.hash = argument === undefined ? name : `${name}/${argument}`;
  },
  /** Shows another panel and hands it a text. Addresses are kept in the browser's history, where a packet does not belong. */
  give(name, text) {
    handed = { name, text };
    page.go(name);
  },
  /** Tells people who do not see the page. */
  say(text) {
    said.textContent = "";
    // In a moment of its own, so that the same sentence is told twice.
    setTimeout(() => (said.textContent = text), 30);
  },
};

function addressed() {
  const [name, ...rest] = location.hash.slice(1).split("/");
  return sections.has(name) ? { name, argument: rest.length === 0 ? undefined : rest.join("/") } : { name: first };
}

/** Tells the panel that was shown that it is shown no more. One that could not start has nothing to hide. */
function leave() {
  started.get(current)?.then(
    (panel) => panel?.left?.(),
    () => {},
  );
}

async function show() {
  // A page around this one could lie over its buttons, and not every server can forbid that.
  if (window.top !== window) return complain("This page does not run inside another one. Open it by itself.");
  const { name, argument } = addressed();
  const given = handed?.name === name ? handed.text : undefined;
  handed = null;
  if (name !== current) leave();
  current = name;
  for (const [other, section] of sections) section.hidden = other !== name;
  for (const link of document.querySelectorAll("nav a[data-panel]")) {
    if (link.dataset.panel === name) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  const section = sections.get(name);
  document.title = `${find(section, "h2").textContent} · trusthandoff`;
  try {
    if (!started.has(name)) {
      started.set(
        name,
        Promise.all([load(`panel-${name}`), core()]).then(([panel]) => panel.start(section, page)),
      );
    }
    const panel = await started.get(name);
    await panel?.shown?.(argument, given);
    section.dataset.ready = "";
    performance.mark("ready");
  } catch (error) {
    started.delete(name);
    if (name !== current) return;
    const again = () => ((trouble.hidden = true), show());
    complain(`This panel could not be shown: ${error.message}`, " ", h("button", { type: "button", text: "Try again", on: { click: again } }));
  }
}

addEventListener("hashchange", async () => {
  const { name } = addressed();
  trouble.hidden = true;
  await show();
  // Whoever navigates by keyboard or by ear goes on in the panel, not in the links.
  if (!sections.get(name).contains(document.activeElement)) sections.get(name).focus({ preventScroll: true });
  scrollTo({ top: 0 });
});

// A browser may keep the page as it stands, and show it again when somebody goes back.
addEventListener("pagehide", leave);

find(document, "[data-skip]").addEventListener("click", (event) => {
  event.preventDefault();
  sections.get(addressed().name).focus();
});

wireTheme(find(document, "#theme"));
wireExamples(document);
await show();
