/** Whose word it is: a kept key, or a new or imported one. */
import { copyButton } from "../../ui/copy.js";
import { clear, h } from "../../ui/dom.js";
import { howKeysAreKept, showKept } from "../../ui/kept_keys.js";
import * as keyring from "../../ui/keyring.js";
import { visible } from "../../ui/text.js";

/** Fills `place`. `onChange(record)` is told who signs from now on, or null. Gives `{ refresh() }`. */
export function reviewerChoice(place, { onChange, say }) {
  let chosen = null;
  const now = h("div", { class: "stack", dataset: { you: "" } });
  const list = h("ul", { class: "kept" });
  const trouble = h("p", { class: "refusal", role: "alert", hidden: true });
  const label = h("input", { value: "", placeholder: "Ana, on this laptop", maxLength: 60, autocomplete: "off" });
  const pem = h("textarea", { class: "mono", rows: 3, spellcheck: false, autocomplete: "off" });

  const making = form("Make a key", [h("label", { class: "field" }, h("span", { text: "A name for the key" }), label)], () =>
    keyring.make(label.value.trim() || "Reviewer"),
  );
  const importing = form("Import", [h("label", { class: "field" }, h("span", { text: "Private key, PKCS#8 PEM" }), pem)], async () => {
    const text = pem.value.trim();
    // Forgotten whether it was a key or not.
    pem.value = "";
    return keyring.importPem(label.value.trim() || "Reviewer", `${text}\n`);
  });
  const keptHow = howKeysAreKept();
  const more = h(
    "details",
    { class: "more" },
    h("summary", { text: "Make or import a key" }),
    h(
      "div",
      { class: "stack" },
      making,
      importing,
      h("p", { class: "hint" }, keptHow, " Clearing the site's data deletes it."),
    ),
  );
  const others = h("details", { class: "more" }, h("summary", { text: "All kept keys" }), list);
  place.append(now, trouble, more, others);

  function form(name, fields, take) {
    return h(
      "form",
      { class: "stack", on: { submit: (event) => (event.preventDefault(), add(take)) } },
      fields,
      h("div", { class: "row" }, h("button", { type: "submit", text: name })),
    );
  }

  async function add(take) {
    trouble.hidden = true;
    try {
      chosen = await take();
      label.value = "";
      more.open = false;
      say(`You sign as ${chosen.label}.`);
      await refresh();
    } catch (error) {
      clear(trouble, error.code && h("code", { text: error.code }), ` ${visible(error.message)}`);
      trouble.hidden = false;
    }
  }

  function choose(record) {
    chosen = record;
    show();
    onChange(chosen);
  }

  function show() {
    if (chosen === null)
      return clear(
        now,
        h("p", {
          class: "hint",
          text: "No key yet. A reviewer's word is a signature: make a key, and have the receiver's registry name it as a reviewer.",
        }),
      );
    clear(
      now,
      h("p", {}, "You sign as ", h("strong", { class: "wrap", text: visible(chosen.label) })),
      h("p", {}, h("code", { class: "wrap", dataset: { reviewer: "" }, text: chosen.agentId })),
      h(
        "div",
        { class: "row" },
        copyButton(() => chosen.publicKeyPem, "Copy the public key"),
        h("a", { href: "#keys", text: "Put it into a registry" }),
      ),
    );
  }

  async function refresh() {
    try {
      const records = await keyring.list();
      chosen = records.find(({ id }) => id === chosen?.id) ?? records.at(-1) ?? null;
      others.hidden = records.length === 0;
      more.open ||= records.length === 0;
      showKept(list, records, {
        actions: [{ label: "Sign with it", act: choose }],
        onForget: async ({ id }) => (await keyring.remove(id), refresh()),
      });
    } catch (error) {
      chosen = null;
      clear(trouble, visible(error.message));
      trouble.hidden = false;
    }
    choose(chosen);
  }

  return { refresh };
}
