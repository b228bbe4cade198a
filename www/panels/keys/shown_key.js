/** The key in hand: what it is called, how it is spelt, and its private half, which is shown only when asked for. */
import { copyButton } from "../../ui/copy.js";
import { download } from "../../ui/download.js";
import { clear, h } from "../../ui/dom.js";
import { visible } from "../../ui/text.js";
import { base64 } from "./reading.js";

const ORIGINS = {
  generated: "Generated just now. It is in this page's memory alone and is gone when you leave: keep it or export it.",
  private: "Read from what you gave, its private half included.",
  public: "A public key. Its private half is not here.",
  kept: "Kept in this browser. Its private half signs here and is not shown any more.",
};

/**
 * Shows `{ identity, origin }` in `card`. `onKeep(label)` keeps it, `onRegister()` puts it into the registry. Gives `hide()`, which hides
 * the private half again if it is shown.
 */
export function showKey(card, { identity, origin }, { onKeep, onRegister }) {
  const holdsSecret = origin === "generated" || origin === "private";
  const half = holdsSecret ? privateHalf(identity) : null;
  clear(
    card,
    h("h3", { text: "This key" }),
    h("p", { class: "hint", text: ORIGINS[origin] }),
    h("dl", { class: "names" }, fact("Agent id", identity.agentId), fact("Fingerprint", identity.fingerprint)),
    idCheck(identity),
    h("h4", { text: "Public key" }),
    spelling("PEM", identity.publicKeyPem, { file: "agent.pub.pem" }),
    spelling("JWK", JSON.stringify(identity.publicKeyJwk())),
    spelling("Base64 of 32 bytes", base64(identity.publicKey)),
    half?.nodes,
    h(
      "div",
      { class: "row ends" },
      h("button", { type: "button", class: "primary", text: "Add to the registry", on: { click: onRegister } }),
      holdsSecret && keeping(onKeep),
    ),
  );
  return { hide: half?.hide ?? (() => {}) };
}

function fact(name, value) {
  return [
    h("dt", { text: name }),
    h(
      "dd",
      {},
      h("code", { class: "wrap", text: value }),
      copyButton(() => value, "Copy", { "aria-label": `Copy the ${name.toLowerCase()}` }),
    ),
  ];
}

/** An id is free: only one that is the hash of the key proves anything by itself. */
function idCheck(identity) {
  const answer = h("p", { class: "hint", role: "status", text: "" });
  const judge = ({ target: { value } }) => {
    const id = value.trim();
    if (id === "") clear(answer);
    else if (id === identity.agentId)
      clear(answer, h("span", { class: "chip good", text: "belongs to it" }), " This id is the hash of this key.");
    else
      clear(
        answer,
        h("span", { class: "chip warn", text: "not its hash" }),
        ` ${visible(id)} proves nothing about this key. A registry may still bind the two.`,
      );
  };
  return h(
    "div",
    { class: "stack" },
    h(
      "label",
      { class: "field" },
      h("span", { text: "Does an id belong to it?" }),
      h("input", { class: "mono", placeholder: "agent:…", spellcheck: false, autocomplete: "off", on: { input: judge } }),
    ),
    answer,
  );
}

let count = 0;

function spelling(name, text, { file, secret = false } = {}) {
  const id = `keys-spelling-${(count += 1)}`;
  const whose = secret ? "private" : "public";
  return h(
    "div",
    { class: "spelling" },
    h(
      "div",
      { class: "spelling-head" },
      h("label", { htmlFor: id, text: secret ? `Private key, ${name}` : name }),
      file &&
        h("button", {
          type: "button",
          class: "quiet",
          text: "Save",
          "aria-label": `Save as ${file}`,
          title: file,
          on: { click: () => download(file, text, "application/x-pem-file") },
        }),
      copyButton(() => text, "Copy", { "aria-label": `Copy the ${whose} key, ${name}` }),
    ),
    h("textarea", { id, class: "mono", rows: 1, readOnly: true, value: text.trim(), spellcheck: false }),
  );
}

function privateHalf(identity) {
  const place = h("div", { class: "stack" });
  const hide = () =>
    clear(
      place,
      h(
        "div",
        { class: "row" },
        h("button", { type: "button", text: "Show the private key", on: { click: shown } }),
        h("span", { class: "hint", text: "Whoever has it is this agent." }),
      ),
    );
  function shown() {
    clear(
      place,
      h(
        "p",
        { class: "secret" },
        h("strong", { text: "Private." }),
        " Whoever has this text is this agent. Store it where only the agent reads it.",
      ),
      spelling("PEM", identity.privateKeyPem(), { file: "agent.key.pem", secret: true }),
      spelling("JWK", JSON.stringify(identity.privateKeyJwk()), { secret: true }),
      h(
        "div",
        { class: "row" },
        h("button", { type: "button", text: "Hide it again", on: { click: () => (hide(), place.querySelector("button").focus()) } }),
      ),
    );
    place.querySelector("textarea").focus();
  }
  hide();
  return { nodes: [h("h4", { text: "Private key" }), place], hide };
}

function keeping(onKeep) {
  const label = h("input", { placeholder: "A name for it", "aria-label": "A name for the kept key", maxLength: 60, autocomplete: "off" });
  return h(
    "form",
    {
      class: "row keeping",
      on: {
        submit(event) {
          event.preventDefault();
          onKeep(label.value.trim() || "My key");
        },
      },
    },
    label,
    h("button", { type: "submit", text: "Keep in this browser" }),
  );
}
