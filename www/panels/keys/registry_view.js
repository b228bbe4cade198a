/** The registry as a list of agents to edit, the file it makes, and the command that uses it. */
import { copyButton } from "../../ui/copy.js";
import { download } from "../../ui/download.js";
import { clear, find, h } from "../../ui/dom.js";
import { publicOnly } from "../../ui/keyring.js";
import { sized, visible } from "../../ui/text.js";
import { readKey } from "./reading.js";
import { actionsIn, linesOf, RegistryFile } from "./registry_file.js";

const MAX_FILE_BYTES = 4 << 20;

/** Wires the builder in `section`. Gives `{ add(agentId, publicKeyPem) }`. */
export function registryBuilder(section, page) {
  const file = new RegistryFile();
  const list = find(section, "[data-agents]");
  const refusal = find(section, "[data-registry-refusal]");
  const result = find(section, "[data-result]");
  const form = find(section, "[data-add]");
  const picker = find(section, "[data-file]");

  /** Makes a change and shows what came of it, or says in one line why not; `instead` offers another one then. */
  function attempt(change, said, { instead, after = show } = {}) {
    refusal.hidden = true;
    try {
      change();
      page.say(said);
      after();
      return true;
    } catch (error) {
      const code = error.code ? h("code", { text: error.code }) : null;
      clear(refusal, code, ` ${visible(error.message)} `, instead?.(error));
      refusal.hidden = false;
      show();
      return false;
    }
  }

  function add(agentId, publicKeyPem) {
    const offerRotation = (error) =>
      error.code === "key_conflict" &&
      h("button", {
        type: "button",
        text: "Rotate to this key",
        on: { click: () => attempt(() => file.rotate(agentId, publicKeyPem), "Rotated; the key before holds for 30 seconds more.") },
      });
    return attempt(() => file.add(agentId, publicKeyPem), `${agentId} added to the registry.`, { instead: offerRotation });
  }

  function show() {
    const agents = Object.entries(file.agents());
    if (agents.length === 0) clear(list, h("li", { class: "empty", text: "Nobody yet: a gate with this registry refuses everybody." }));
    else
      clear(
        list,
        agents.map(([id, record]) => agentItem(id, record)),
      );
    showFile();
  }

  function showFile() {
    showResult(result, file.text(), Object.entries(file.agents()));
  }

  /** The list stays as it is: whoever leaves the field by pressing another button of it must not find that one gone. */
  function changeRoots(id, text) {
    attempt(() => file.change(id, { roots: actionsIn(text) }), "Roots changed.", { after: showFile });
  }

  function agentItem(id, record) {
    const flag = (name, label, checked, change) =>
      h(
        "label",
        { class: "flag" },
        h("input", {
          type: "checkbox",
          checked,
          on: { change: ({ target }) => attempt(() => change(target.checked), `${label}: ${target.checked ? "yes" : "no"}`) },
        }),
        ` ${label}`,
      );
    return h(
      "li",
      { dataset: { agent: id, revoked: record.revoked_at === null ? "no" : "yes" } },
      h(
        "div",
        { class: "agent-head" },
        h("code", { class: "wrap", text: visible(id) }),
        record.revoked_at !== null && h("span", { class: "chip bad", text: "revoked" }),
        h("button", {
          type: "button",
          class: "quiet",
          text: "Remove",
          "aria-label": `Remove ${visible(id)}`,
          on: { click: () => attempt(() => file.remove(id), `${id} removed.`) },
        }),
      ),
      record.keys.map((key) => h("p", { class: "hint wrap", text: keyLine(key) })),
      rootsField(id, record.roots),
      h(
        "div",
        { class: "row", role: "group", "aria-label": `Rights of ${visible(id)}` },
        flag("reviewer", "reviewer", record.reviewer, (reviewer) => file.change(id, { reviewer })),
        flag("revoker", "revoker", record.revoker, (revoker) => file.change(id, { revoker })),
        flag("revoked", "revoked", record.revoked_at !== null, (revoked) => file.setRevoked(id, revoked)),
      ),
    );
  }

  function rootsField(id, roots) {
    const text = linesOf(roots);
    if (text === null)
      return h("p", { class: "hint wrap", text: `Root for: ${visible(JSON.stringify(roots))}. Change these in the file.` });
    return h(
      "label",
      { class: "field" },
      h("span", { text: "Root for these actions, one a line" }),
      h("textarea", {
        class: "mono",
        rows: Math.min(8, Math.max(2, roots.length)),
        value: text,
        placeholder: "none, or: read:/docs/**",
        spellcheck: false,
        autocomplete: "off",
        on: { change: ({ target }) => changeRoots(id, target.value) },
      }),
    );
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    refusal.hidden = true;
    const { key, id } = form.elements;
    attempt(() => {
      const { identity, secret } = readKey(key.value);
      if (secret) {
        identity.dispose();
        key.value = "";
        throw new Error("That is a private key, which is forgotten again. A registry holds public keys only; nothing was added.");
      }
      if (add(id.value.trim() || identity.agentId, identity.publicKeyPem)) form.reset();
    }, "");
  });
  find(section, "[data-open]").addEventListener("click", () => picker.click());
  picker.addEventListener("change", async () => {
    const [chosen] = picker.files;
    if (chosen === undefined) return;
    const text = chosen.size > MAX_FILE_BYTES ? null : await chosen.text();
    attempt(() => {
      if (text === null) throw new Error(`${chosen.name} has ${sized(chosen.size)}; a registry has at most ${sized(MAX_FILE_BYTES)} here.`);
      file.load(text);
    }, `${chosen.name} loaded.`);
    picker.value = "";
  });
  find(section, "[data-empty]").addEventListener("click", () => attempt(() => file.empty(), "The registry is empty."));
  show();
  return { add };
}

function keyLine({ public_key_pem: pem, not_before: from, not_after: until }) {
  const when = [from && `from ${from}`, until && `until ${until}`].filter(Boolean).join(" ");
  return `Key ${publicOnly(pem).fingerprint.slice(0, 16)}… ${when || "at any time"}`;
}

function showResult(place, text, agents) {
  if (agents.length === 0) return clear(place);
  const receiver =
    agents.find(([, { roots, reviewer, revoked_at: revoked }]) => roots.length === 0 && !reviewer && revoked === null)?.[0] ?? agents[0][0];
  // An id may hold any printable character, so it stands in quotes that a shell leaves alone.
  const command = `npx trusthandoff verify envelope.json --registry registry.json --audience '${receiver.replaceAll("'", "'\\''")}'`;
  clear(
    place,
    h(
      "label",
      { class: "field" },
      h("span", { text: "registry.json" }),
      h("textarea", { class: "mono", rows: 10, readOnly: true, value: text, dataset: { registry: "" } }),
    ),
    h(
      "div",
      { class: "row" },
      h("button", {
        type: "button",
        class: "primary",
        text: "Save registry.json",
        on: { click: () => download("registry.json", text, "application/json") },
      }),
      copyButton(() => text, "Copy the file"),
    ),
    h("p", { class: "hint", text: "On the command line, for the receiver of an envelope:" }),
    h(
      "div",
      { class: "command" },
      h("code", { class: "wrap", text: command, dataset: { command: "" } }),
      copyButton(() => command, "Copy", { "aria-label": "Copy the command" }),
    ),
  );
}
