/** The signed objects of a text, each with what was asked of it and the bytes that its signature is over. */
import { copyButton } from "../../ui/copy.js";
import { h } from "../../ui/dom.js";
import { download } from "../../ui/download.js";
import { clipped, counted, visible } from "../../ui/text.js";
import { ATTESTED } from "./attestation.js";
import { KINDS, partName } from "./faults.js";
import { tokenFields } from "./fields.js";

const MAX_SHOWN = 40;
const MAX_CHARACTERS = 60_000;
const HEX_COLUMNS = 16;

const ASKED = {
  form: "strict JSON, every field known and of its type",
  signature: "signature fits the key and these bytes",
  packet: "reviews this very packet",
  result: "result hashes to outcome_hash",
  reason: "reason hashes to reason_hash",
  time: "fresh at the moment it is judged at",
  key: "key hashes to the stated fingerprint",
};

/** The card; `signed({ at, form })` gives bytes, asked for when they are opened; `textOf(part)` the object's own text. */
export function signedCard(parts, signed, textOf) {
  if (parts.length === 0) return null;
  return h(
    "section",
    { class: "card", "data-parts": "", "aria-label": "Signed objects" },
    h("h3", { text: parts.length === 1 ? "What is signed" : `What is signed: ${counted(parts.length, "object")}` }),
    parts.slice(0, MAX_SHOWN).map((part) => partItem(part, { signed, textOf, isAlone: parts.length === 1 })),
    parts.length > MAX_SHOWN && h("p", { class: "hint", text: `and ${counted(parts.length - MAX_SHOWN, "object")} more` }),
  );
}

function partItem(part, { signed, textOf, isAlone }) {
  const { at, kind, objectId, agentId, fingerprint, idMatchesKey, label, form, digest, valid, checks } = part;
  const isProven = valid && digest !== null;
  const rows = [
    ["id", objectId],
    ["signer", agentId],
    ["key fingerprint", fingerprint],
    ["label", kind === "packet" || kind === "capability_token" ? "none: the bytes are the JSON alone" : label],
    ["form", kind === "packet" ? form : null],
    ["digest", digest],
  ].filter(([, value]) => value !== null);
  const title = h(
    "span",
    { class: "row" },
    h("strong", { text: sentenceCase(partName(part)) }),
    h("span", {
      class: `chip ${isProven ? "good" : valid ? "warn" : "bad"}`,
      text: isProven ? "proven" : valid ? "not checked" : "broken",
    }),
    form && h("span", { class: "chip soft", text: `form ${form}` }),
    at !== "" && h("code", { class: "soft wrap", text: at }),
  );
  const inside = kind === "capability_token" && at !== "" ? textOf(part) : null;
  const all = h(
    "div",
    { class: "stack" },
    h(
      "ul",
      { class: "asked" },
      checks.map(({ check, code }) =>
        h(
          "li",
          { dataset: { outcome: code === null ? "pass" : "fail" } },
          h("span", { class: "unseen", text: code === null ? "passed: " : "failed: " }),
          ASKED[check] ?? check,
        ),
      ),
    ),
    rows.length > 0 &&
      h(
        "dl",
        { class: "fields" },
        rows.map(([name, value]) =>
          h(
            "div",
            {},
            h("dt", { text: name }),
            h(
              "dd",
              { class: "mono wrap" },
              visible(clipped(value, 300)),
              name === "signer" &&
                idMatchesKey !== null &&
                h("span", {
                  class: "soft note",
                  text: idMatchesKey ? " the hash of its key" : " not the hash of its key: only a registry can bind them",
                }),
            ),
          ),
        ),
      ),
    inside && inside.start === null && h("details", { class: "bytes" }, h("summary", { text: "What it says" }), tokenFields(inside.text)),
    bytesOf(part, signed),
  );
  const dataset = { at, valid: String(valid) };
  // Of several the broken ones stand open.
  return isAlone
    ? h("article", { class: "part stack", dataset }, title, all)
    : h("details", { class: "part", dataset, open: !valid }, h("summary", {}, title), all);
}

/** The bytes, once they are asked for. */
function bytesOf({ at, kind, form, objectId }, signed) {
  const inside = h("div", { class: "stack" });
  const details = h(
    "details",
    { class: "bytes" },
    h("summary", { text: kind === "packet" && form === null ? "Bytes that would have to be signed" : "Signed bytes" }),
    inside,
  );
  const forms = kind === "packet" && form === null ? ["0.4.0", "0.3.3"] : [undefined];
  details.addEventListener("toggle", () => {
    if (!details.open || inside.childElementCount > 0) return;
    for (const each of forms) inside.append(shownBytes(signed({ at, form: each }), { kind, form: each, objectId }));
  });
  return details;
}

function shownBytes(bytes, { kind, form, objectId }) {
  if (bytes === null) return h("p", { class: "hint", text: "The object cannot be read, so there are none." });
  const title = `${counted(bytes.length, "byte")}${form ? ` in form ${form}` : ""}`;
  const name = `${KINDS[kind].replace(" ", "-")}-${(objectId ?? "unknown").replaceAll(/[^\w-]/g, "_").slice(0, 40)}.bin`;
  return h(
    "div",
    { class: "stack" },
    h(
      "div",
      { class: "row" },
      h("span", { class: "hint", text: title }),
      kind !== "attestation" && copyButton(() => new TextDecoder().decode(bytes)),
      h("button", {
        type: "button",
        class: "quiet",
        text: "Download",
        on: { click: () => download(name, new Blob([bytes]), "application/octet-stream") },
      }),
    ),
    kind === "attestation"
      ? attested(bytes)
      : h("pre", {
          class: "raw",
          tabIndex: 0,
          "aria-label": title,
          text: visible(clipped(new TextDecoder().decode(bytes), MAX_CHARACTERS)),
        }),
  );
}

/** Label, version and then each field behind its length, in hexadecimal. */
function attested(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const start = bytes.indexOf(0) + 2;
  const rows = [["label, 00, version", bytes.subarray(0, start)]];
  let at = start;
  for (const name of ATTESTED) {
    if (at + 4 > bytes.length) break;
    const length = view.getUint32(at);
    rows.push([`${name} (${length})`, bytes.subarray(at + 4, at + 4 + length)]);
    at += 4 + length;
  }
  return h(
    "dl",
    { class: "fields" },
    rows.map(([name, value]) => h("div", {}, h("dt", { text: name }), h("dd", { class: "mono hex", text: hexOf(value) }))),
  );
}

function hexOf(bytes) {
  const digits = Array.from(bytes.subarray(0, 4096), (byte) => byte.toString(16).padStart(2, "0"));
  return Array.from({ length: Math.ceil(digits.length / HEX_COLUMNS) }, (_, row) =>
    digits.slice(row * HEX_COLUMNS, (row + 1) * HEX_COLUMNS).join(" "),
  ).join("\n");
}

function sentenceCase(text) {
  return text[0].toUpperCase() + text.slice(1);
}
