/** The card that points at what is wrong. */
import { copyButton } from "../../ui/copy.js";
import { clear, h } from "../../ui/dom.js";
import { clipped, counted, visible } from "../../ui/text.js";
import { ATTESTED } from "./attestation.js";
import { apart, attestedBefore, differences, genuineOf } from "./compare.js";
import { partName } from "./faults.js";
import { textOfPart } from "./objects.js";
import { otherOrders, rightOrder } from "./orders.js";
import { placeName, spot } from "./spot.js";
import { leavesOf, locate } from "./walk.js";

const MAX_FAULTS = 20;
const MAX_CHANGES = 40;
const MAX_VALUE = 400;

const SORTED =
  "It fits in another order of keys: nothing was changed but their order, which the 0.3.3 form signs and the writer of that release " +
  "sorts. No gate accepts it as it is.";

const WORDS = {
  invalid_signature: "The signature does not fit",
  outcome_hash_mismatch: "The result is not the attested one",
  reason_hash_mismatch: "The reason is not the attested one",
  public_key_mismatch: "The key is not the one whose fingerprint is stated",
};

/**
 * The faults, each with its place. `signed(whole, options)` gives signed bytes; `against` are objects that a person gave to compare with,
 * or null for those seen before; `told` is the sentence that stands above; `isPacket(text)` whether a
 * text is a packet with a valid signature.
 */
export function wrongCard(whole, faults, tools) {
  return h(
    "section",
    { class: "card", "data-wrong": "", "aria-label": "What is wrong" },
    h("h3", { text: faults.length === 1 ? "What is wrong" : `What is wrong: ${counted(faults.length, "fault")}` }),
    faults.slice(0, MAX_FAULTS).map((fault) => item(whole, fault, tools)),
    faults.length > MAX_FAULTS && h("p", { class: "hint", text: `and ${counted(faults.length - MAX_FAULTS, "fault")} more` }),
  );
}

function item(whole, { part, check, code, reason, field, place, hop }, tools) {
  const where =
    part !== null
      ? partName(part)
      : hop
        ? `${hop.kind === "packet" ? "packet" : "capability"} ${clipped(hop.id, 60)} of the lineage`
        : "the text";
  const isSignature = check === "signature" && code === "invalid_signature";
  return h(
    "article",
    { class: "fault stack", dataset: { code, at: part?.at ?? "" } },
    h(
      "p",
      { class: "row" },
      h("strong", { text: WORDS[code] ?? "Refused" }),
      h("code", { class: "chip bad", text: code }),
      h("span", { class: "soft wrap", text: visible(`in ${where}`) }),
      field && h("code", { class: "wrap", text: visible(clipped(field, 300)) }),
    ),
    !isSignature && reason !== tools.told && h("p", { class: "wrap", text: visible(clipped(reason ?? "", 600)) }),
    place && spot(place.text, place.start, place.end, place.of),
    part !== null &&
      (isSignature || check === "form" || code === "signature_encoding_invalid") &&
      compared(whole, part, isSignature, tools),
    part !== null && (check === "result" || check === "reason") && outcomeCompared(whole, part, check, tools),
  );
}

/** What differs from the genuine object, or which fields may be concerned where none was seen. */
function compared(whole, part, isSignature, { signed, against, isPacket }) {
  const genuine = against === null ? genuineOf(whole, part) : genuineOf(whole, part, against);
  if (genuine === null) {
    if (!isSignature)
      return against === null
        ? null
        : h("p", { class: "hint", text: "The object given to compare with is not this one, or is not good itself." });
    return h(
      "div",
      { class: "stack", "data-affected": "" },
      h("p", {}, "A signature says that something was changed, and cannot say what. It is one of these fields, the signature or the key:"),
      h(
        "p",
        { class: "row" },
        coveredFields(whole, part, signed).map((name) => h("code", { class: "chip", text: visible(clipped(name, 60)) })),
      ),
      h("p", {
        class: "hint",
        text:
          against === null
            ? "Inspect the genuine one first, or give it below under “Compare with”: then the changed bytes are shown."
            : "The object given to compare with is not this one, or is not good itself.",
      }),
      part.kind === "packet" && reordered(textOfPart(whole, part).text, isPacket),
    );
  }
  const bytes = signed === null ? null : [signed(genuine.whole, { at: genuine.at }), signed(whole, { at: part.at, form: genuine.form })];
  const isJson = bytes !== null && bytes.every((each) => each !== null) && part.kind !== "attestation";
  const own = textOfPart(whole, part);
  const [good, bad] = isJson ? bytes.map(jsonOf) : [genuine.text, own.text];
  const { changes, order, isAll } = differences(good, bad);
  if (isJson)
    changes.push(
      ...differences(genuine.text, own.text)
        .changes.filter(({ pointer }) => pointer === "/signature")
        .map((change) => ({ ...change, at: null })),
    );
  return h(
    "div",
    { class: "stack", "data-compared": "" },
    h("h4", { text: against === null ? "Against the genuine one, seen before in this page" : "Against the one you gave" }),
    order && h("p", { text: "Every value is the same; the order of keys is another, and the 0.3.3 form signs the order." }),
    !order && changes.length === 0 && isAll && h("p", { text: "Every value is the same." }),
    !isAll && h("p", { class: "hint", text: "There are too many values to compare all of them." }),
    h(
      "ul",
      { class: "changes" },
      changes.slice(0, MAX_CHANGES).map((change) => changeItem(change, bad, isJson)),
    ),
    changes.length > MAX_CHANGES && h("p", { class: "hint", text: `and ${counted(changes.length - MAX_CHANGES, "difference")} more` }),
    isJson &&
      h(
        "div",
        { class: "row" },
        copyButton(() => bad, "Copy these signed bytes"),
        copyButton(() => good, "Copy the genuine ones"),
      ),
  );
}

/** The question whether somebody sorted the keys of a packet of the 0.3.3 form, answered by trying. */
function reordered(packet, isPacket) {
  const count = otherOrders(packet);
  if (count === 0) return null;
  const answer = h("div", { class: "stack", role: "status" });
  const button = h("button", {
    type: "button",
    "data-orders": "",
    text: `Try the keys of context in ${counted(count, "other order")}`,
    on: {
      async click() {
        button.disabled = true;
        const found = await rightOrder(packet, isPacket);
        clear(
          answer,
          found === null
            ? h("p", { text: "It fits in no order: something else was changed." })
            : [
                h("p", {
                  text: SORTED,
                }),
                h("pre", {
                  class: "raw",
                  tabIndex: 0,
                  "aria-label": "The packet in the order that was signed",
                  text: visible(clipped(found, 20_000)),
                }),
                h(
                  "div",
                  { class: "row" },
                  copyButton(() => found, "Copy the packet as it was signed"),
                ),
              ],
        );
      },
    },
  });
  return h("div", { class: "stack" }, h("div", { class: "row" }, button), answer);
}

/** What differs from the result, or reason, that stood beside the same attestation. */
function outcomeCompared(whole, part, name, { against }) {
  const genuine = attestedBefore(whole, part, against ?? undefined);
  const texts = genuine && [genuine, whole].map((text) => valueAt(text, `/${name}`));
  if (!texts || texts.includes(null)) return null;
  const { changes } = differences(...texts);
  return h(
    "div",
    { class: "stack", "data-compared": "" },
    h("h4", { text: `Against the ${name} that fitted` }),
    h(
      "ul",
      { class: "changes" },
      changes.slice(0, MAX_CHANGES).map((change) => changeItem({ ...change, at: null }, texts[1], false)),
    ),
  );
}

function valueAt(text, pointer) {
  const place = locate(text, pointer);
  return place && text.slice(place.start, place.end);
}

function changeItem({ pointer, was, is, at }, text, isJson) {
  const [head, gone, come, tail] = was === null || is === null ? ["", was ?? "", is ?? "", ""] : apart(was, is);
  const line = (sign, word, middle) =>
    h(
      "p",
      { class: `change ${sign === "+" ? "now" : "then"} wrap` },
      h("span", { class: "soft", text: `${word} ` }),
      h("code", {}, ends(head, -40), middle !== "" && h("mark", { text: visible(clipped(middle, MAX_VALUE)) }), ends(tail, 40)),
    );
  const name = pointer === "/signature" ? "signature" : pointer;
  const place = at === null ? "" : `${isJson ? "signed bytes" : "object"}: ${placeName(text, at + head.length)}`;
  return h(
    "li",
    { dataset: { pointer } },
    h(
      "p",
      { class: "row" },
      h("code", { class: "wrap", text: visible(clipped(name, 300)) }),
      h("span", { class: "soft hint", text: place }),
    ),
    was === null ? h("p", { class: "soft", text: "was not there" }) : line("-", "was", gone),
    is === null ? h("p", { class: "soft", text: "is not there any more" }) : line("+", "is", come),
  );
}

/** Some of what stays the same around a difference. */
function ends(text, length) {
  if (text.length <= Math.abs(length)) return visible(text);
  return length < 0 ? `…${visible(text.slice(length))}` : `${visible(text.slice(0, length))}…`;
}

/** The JSON of signed bytes, behind the label where they have one. */
function jsonOf(bytes) {
  const text = new TextDecoder().decode(bytes);
  return text.slice(text.indexOf("\u0000") + 1);
}

function coveredFields(whole, part, signed) {
  if (part.kind === "attestation") return ATTESTED;
  const bytes = signed?.(whole, { at: part.at }) ?? null;
  if (bytes === null) return [];
  return [...new Set(leavesOf(jsonOf(bytes), 5000).leaves.map(({ path }) => String(path[0])))];
}
