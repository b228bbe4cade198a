/** An attestation names no key and travels beside its result: what is missing to check it is asked for. */
import { h } from "../../ui/dom.js";
import { locate } from "./walk.js";

/** What the signature of an attestation covers, in the order of its bytes. */
export const ATTESTED = ["packet_id", "outcome_hash", "status", "nonce", "timestamp_ms", "agent_pubkey_fingerprint", "reason_hash"];
/** What stands beside an attestation to check it. */
const FRAME = ["result", "reason", "public_key_pem", "now_ms"];

/** Whether the text is an attestation by itself, as the reference writes it. */
export function isBare(text) {
  return text.includes('"outcome_hash"') && locate(text, "/outcome_hash") !== null && locate(text, "/attestation") === null;
}

/** The text that `check` takes: the attestation with what stands around it. `more` holds JSON texts by their names. */
export function framed(text, more = {}) {
  const own = isBare(text) ? text : partAt(text, "/attestation");
  const members = FRAME.map((name) => [name, more[name] ?? partAt(text, `/${name}`)]).filter(([, value]) => value !== null);
  return `{"attestation": ${own}${members.map(([name, value]) => `, "${name}": ${value}`).join("")}}`;
}

function partAt(text, pointer) {
  const place = locate(text, pointer);
  return place && text.slice(place.start, place.end);
}

/** The form for what `text` lacks; `onText` is told the whole. Null where nothing is missing. */
export function missingForm(text, onText) {
  const lacks = (name) => locate(text, `/${name}`) === null;
  if (!lacks("public_key_pem") && !lacks("result") && !lacks("now_ms")) return null;
  const result = h("textarea", { rows: 3, class: "mono", spellcheck: false });
  const pem = h("textarea", { rows: 3, class: "mono", spellcheck: false, placeholder: "-----BEGIN PUBLIC KEY-----" });
  const own = partAt(text, "/attestation/timestamp_ms");
  const isDated = own !== null && /^\d+$/.test(own) && Number.isSafeInteger(Number(own));
  const now = h("input", { type: "text", autocomplete: "off", value: isDated ? own : String(Date.now()) });
  return h(
    "form",
    {
      class: "card",
      "data-missing": "",
      on: {
        submit(event) {
          event.preventDefault();
          const more = {};
          if (lacks("result")) more.result = result.value.trim() || "{}";
          if (lacks("reason")) more.reason = "null";
          if (lacks("public_key_pem")) more.public_key_pem = JSON.stringify(pem.value.trim() === "" ? "" : `${pem.value.trim()}\n`);
          if (lacks("now_ms")) more.now_ms = now.value.trim() || "0";
          onText(framed(text, more));
        },
      },
    },
    h("h3", { text: "What it takes to check an attestation" }),
    h("p", { class: "hint", text: "An attestation holds hashes, not the result, and the fingerprint of a key, not the key." }),
    lacks("result") && h("label", { class: "field" }, h("span", { text: "The result, as JSON" }), result),
    lacks("public_key_pem") && h("label", { class: "field" }, h("span", { text: "The signer's public key, as PEM" }), pem),
    lacks("now_ms") &&
      h(
        "label",
        { class: "field" },
        h("span", { text: "The moment it is judged at, in milliseconds since 1970 (first its own: then its age says nothing)" }),
        now,
      ),
    h("div", { class: "row" }, h("button", { type: "submit", class: "primary", text: "Check it" })),
  );
}
