/** A signed object, taken apart: what it says, what is proven, where it breaks. What is good or not, the core says. */
import { clear, find, h } from "../../ui/dom.js";
import { intake } from "../../ui/intake.js";
import { load } from "../../ui/load.js";
import { shared } from "../../ui/share.js";
import { visible } from "../../ui/text.js";
import { framed, isBare, missingForm } from "./attestation.js";
import { keptFrom, remember } from "./compare.js";
import { faultsOf } from "./faults.js";
import { fieldsOf } from "./fields.js";
import { gateCard } from "./gate.js";
import { hopOf, lineageOf } from "./lineage.js";
import { insideToken, textOfPart } from "./objects.js";
import { samples } from "./samples.js";
import { signedCard } from "./signed.js";
import { statementsCard } from "./statements.js";
import { summaryCard } from "./summary.js";
import { wrongCard } from "./wrong.js";

/** Typing pauses this long before a text is looked at. */
const PAUSE_MS = 150;
/** More is not read by the core, and not taken apart here. */
const MAX_CHARACTERS = 1 << 20;

/** The second module, loaded when the first object comes. */
const inspector = () => load("sentinel");

export async function start(section, page) {
  const place = (name) => find(section, `[data-${name}]`);
  const [trouble, empty, waiting, result] = ["trouble", "empty", "loading", "result"].map(place);
  let last = { text: "", seen: 0 };
  let timer;
  /** The good objects that a person gave to compare with; null for those seen before. */
  let against = null;
  let linked = null;
  /** Counts addresses: what a slower one of before holds is not shown any more. */
  let addresses = 0;

  const entry = intake(place("intake"), {
    label: "A signed object",
    hint: "JSON, or the text of a token. It stays in this page. The Python examples were signed by the reference, the others here and now.",
    rows: 7,
    limitBytes: MAX_CHARACTERS,
    examples: samples(see).map(({ label, make }) => ({ label, make: () => made(make) })),
    onText(text) {
      clearTimeout(timer);
      against = null;
      if (linked !== null && text !== linked) unlink();
      timer = setTimeout(() => inspect(text), text.length - last.text.length > 1 || text === "" ? 0 : PAUSE_MS);
    },
  });

  async function made(make) {
    try {
      return await make();
    } catch (error) {
      // Behind what is done with the text that stays.
      setTimeout(complain, 2 * PAUSE_MS, error);
      return last.text;
    }
  }

  function complain(error) {
    trouble.textContent = visible(error.message);
    trouble.hidden = false;
    page.say(error.message);
  }

  /** What the address names is not what is shown any more. */
  function unlink() {
    linked = null;
    history.replaceState(null, "", "#inspect");
  }

  /** Keeps what is good in a text, to compare others with. */
  async function see(text) {
    const { inspectObject } = await inspector();
    remember(ended(text), inspectObject(ended(text)).parts);
  }

  async function inspect(text) {
    const turn = (last = { text, seen: last.seen + 1 }).seen;
    trouble.hidden = true;
    empty.hidden = text.trim() !== "";
    result.hidden = true;
    if (text.trim() === "") return;
    waiting.hidden = false;
    try {
      const audit = await inspector();
      // Something newer may have come while it was loading.
      if (turn === last.seen) show(text, audit);
    } catch (error) {
      complain(error);
    } finally {
      waiting.hidden = true;
    }
  }

  function show(received, audit) {
    const whole = received.length <= MAX_CHARACTERS && isBare(received) ? framed(received) : ended(received);
    let report;
    try {
      report = audit.inspectObject(whole);
    } catch (error) {
      // What cannot even be told as bytes, such as an unpaired surrogate.
      report = {
        kind: null,
        valid: false,
        code: error.code ?? "internal_error",
        reason: error.message,
        field: null,
        form: null,
        lineage: null,
        parts: [],
        offset: null,
        respelled: null,
      };
    }
    const signed = (of, options) => audit.signedBytes(of, options);
    const faults = whole.length <= MAX_CHARACTERS ? faultsOf(whole, report) : [];
    const isReadable = report.kind !== null && whole.length <= MAX_CHARACTERS;
    const missing = report.kind === "attestation" && isReadable ? missingForm(whole, (complete) => entry.set(complete)) : null;
    const hops = report.lineage ?? (report.kind === "packet" || report.kind === "capability_token" ? hopOf(report) : []);
    clear(
      result,
      summaryCard(whole, report, faults, { isIncomplete: missing !== null, say: page.say }),
      missing,
      faults.length > 0 &&
        wrongCard(whole, faults, {
          signed,
          against,
          told: report.reason,
          isPacket: (packet) => audit.inspectObject(packet, { kind: "packet" }).valid,
        }),
      lineageOf(hops),
      isReadable && statementsCard(report),
      (report.kind === "packet" || report.kind === "envelope") && isReadable && gateCard(whole, report.kind, page.say),
      isReadable && comparison(),
      isReadable &&
        signedCard(
          report.parts,
          (options) => signed(whole, options),
          (part) => textOfPart(whole, part),
        ),
      isReadable && fieldsOf(report.kind === "capability_token" ? (insideToken(whole) ?? "") : whole, report.kind),
      report.kind === null && /^\s*[{[]/.test(whole) && whole.length <= MAX_CHARACTERS && fieldsOf(whole, null, "What can be read of it"),
    );
    result.hidden = false;
    remember(whole, report.parts);

    function comparison() {
      return compareCard(async (other) => {
        against = keptFrom(ended(other), audit.inspectObject(ended(other)).parts);
        show(received, audit);
        find(result, "[data-wrong], [data-summary]").scrollIntoView({ block: "nearest" });
      });
    }
  }

  return {
    async shown(argument, given) {
      const mine = (addresses += 1);
      if (given !== undefined) return entry.set(given);
      if (argument === undefined || argument === "") return;
      try {
        const text = await shared(argument);
        if (mine !== addresses) return;
        linked = text;
        entry.set(text);
      } catch (error) {
        if (mine === addresses) complain(error);
      }
    },
  };
}

/** Without the white space that JSON allows around it, which files end with; before a JSON text it stays, so that places are right. */
function ended(text) {
  const isSpace = (character) => character === " " || character === "\n" || character === "\r" || character === "\t";
  let [start, end] = [0, text.length];
  while (end > 0 && isSpace(text[end - 1])) end -= 1;
  while (start < end && isSpace(text[start])) start += 1;
  return text.slice(/[\w-]/.test(text[start] ?? "") ? start : 0, end);
}

/** Where the genuine object is pasted that this one is to be held against. */
function compareCard(onText) {
  const note = h("p", { class: "hint", role: "status" });
  const area = h("textarea", { rows: 4, class: "mono", spellcheck: false });
  return h(
    "details",
    { class: "card fold", "data-compare": "" },
    h("summary", {}, h("h3", { text: "Compare with" })),
    h(
      "form",
      {
        class: "stack",
        on: {
          async submit(event) {
            event.preventDefault();
            try {
              if (area.value.trim() === "") note.textContent = "Paste the genuine object first.";
              else await onText(area.value);
            } catch (error) {
              note.textContent = error.message;
            }
          },
        },
      },
      h("label", { class: "field" }, h("span", { text: "The genuine object, or another version of this one" }), area),
      h("div", { class: "row" }, h("button", { type: "submit", text: "Show the differences" })),
      note,
    ),
  );
}
