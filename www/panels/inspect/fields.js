/** What an object says, value by value, each as it was spelt, under what it belongs to. */
import { h } from "../../ui/dom.js";
import { clipped, counted, visible } from "../../ui/text.js";
import { leavesOf, stringOf } from "./walk.js";

const MAX_SHOWN = 1500;
const MAX_CHARACTERS = 4000;
const MOMENTS = /^(issued_at|expires_at|timestamp|timestamp_ms)$/;

const UNITS = [
  ["year", 365.25 * 86_400],
  ["month", 30.44 * 86_400],
  ["day", 86_400],
  ["hour", 3600],
  ["minute", 60],
  ["second", 1],
];
const RELATIVE = new Intl.RelativeTimeFormat("en", { numeric: "auto" });

/** "in 14 minutes", "2 days ago"; empty for what is no moment. */
export function relative(text, now = Date.now()) {
  const ms = /^\d+$/.test(text) ? Number(text) : Date.parse(text);
  if (Number.isNaN(ms)) return "";
  const seconds = (ms - now) / 1000;
  const [unit, size] = UNITS.find(([, length]) => Math.abs(seconds) >= length) ?? UNITS.at(-1);
  return RELATIVE.format(Math.round(seconds / size), unit);
}

/** What of a kind no signature of its own covers. */
const UNSIGNED = {
  envelope: { chain: "no signature covers it", proof: "each signed by itself" },
  attestation: {
    result: "signed as a hash",
    reason: "signed as a hash",
    public_key_pem: "signed as a fingerprint",
    now_ms: "the moment it is judged at; not signed",
  },
};
const UNSIGNED_LEAF = {
  packet: /^signature$/,
  envelope: /^packet\.signature$/,
  attestation: /^attestation\.(signature|signed_by)$/,
  capability_token: /^signature$/,
  approval: /^signature$/,
  revocation: /^signature$/,
};

/** A table of all values of the JSON `text`, in groups where it holds several objects. */
export function fieldsOf(text, kind, title = "What it says") {
  const { leaves, total, brokenAt } = leavesOf(text, MAX_SHOWN);
  const grouped = kind === "envelope" || kind === "attestation";
  const groups = new Map();
  for (const leaf of leaves) {
    const name = grouped ? String(leaf.path[0] ?? "") : "";
    if (!groups.has(name)) groups.set(name, []);
    groups.get(name).push(leaf);
  }

  return h(
    "section",
    { class: "card", "data-fields": "", "aria-label": title },
    h("h3", { text: title }),
    brokenAt !== null && h("p", { class: "hint", text: "Only as far as it can be read." }),
    [...groups].map(([name, inside]) => group(name, inside, kind)),
    total > leaves.length && h("p", { class: "hint", text: `and ${counted(total - leaves.length, "value")} more` }),
  );
}

/** Values under one name; what stands beside the object itself is folded. */
function group(name, leaves, kind) {
  const list = values(leaves, name === "" ? 0 : 1, kind);
  if (name === "") return list;
  const note = UNSIGNED[kind]?.[name];
  const title = h(
    "span",
    { class: "row" },
    h("strong", { text: visible(clipped(name, 80)) }),
    note && h("span", { class: "chip soft", text: note }),
  );
  return h("details", { class: "group", open: note === undefined }, h("summary", {}, title), list);
}

/** The values, and then the names of those that are null, together. */
function values(leaves, from, kind) {
  const nulls = leaves.filter(({ raw }) => raw === "null");
  const others = leaves.filter(({ raw }) => raw !== "null");
  const names = nulls.map(({ path }) => nameOf(path.slice(from))).join(", ");
  return h(
    "dl",
    { class: "fields" },
    others.map((leaf) => row(leaf, from, kind)),
    nulls.length > 0 &&
      h(
        "div",
        { class: "nulls" },
        h("dt", { class: "literal", text: "null" }),
        h("dd", { class: "soft", text: visible(clipped(names, MAX_CHARACTERS)) }),
      ),
  );
}

/** The values of a capability, for where only its token is shown. */
export function tokenFields(inside) {
  return values(leavesOf(inside, MAX_SHOWN).leaves, 0, "capability_token");
}

function row({ path, raw }, from, kind) {
  const name = nameOf(path.slice(from)) || "value";
  const text = stringOf(raw);
  const value = clipped(text ?? raw, MAX_CHARACTERS);
  const last = String(path.at(-1) ?? "");
  const when = MOMENTS.test(last) ? relative(text ?? raw) : "";
  return h(
    "div",
    {},
    h(
      "dt",
      { class: "wrap", text: visible(clipped(name, 300)) },
      UNSIGNED_LEAF[kind]?.test(path.join(".")) &&
        h("span", { class: "soft", text: ` ${last === "signed_by" ? "(not signed: a claim)" : ""}` }),
    ),
    h(
      "dd",
      { class: text === null ? "literal" : "", text: text === "" ? "(empty)" : visible(value) },
      when && h("span", { class: "soft when", text: ` ${when}` }),
    ),
  );
}

/** `permissions.allowed_actions[0]`. */
function nameOf(path) {
  return path.map((step, index) => (typeof step === "number" ? `[${step}]` : `${index === 0 ? "" : "."}${step}`)).join("");
}
