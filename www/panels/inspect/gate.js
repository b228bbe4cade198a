/** A real gate for the object at hand, with a fresh nonce store and whatever is trusted here: what would it decide? */
import { AgentRegistry, createEnvelope, MemoryNonceStore, TrustHandoffMiddleware } from "trusthandoff/slim";
import { CHECKS, checkList, wordsFor } from "../../ui/checks.js";
import { clear, h } from "../../ui/dom.js";
import { clipped, visible } from "../../ui/text.js";
import { verdict } from "../../ui/verdict.js";
import { locate, stringOf } from "./walk.js";

const OUTCOMES = { pass: ["good", "passed"], fail: ["bad", "failed"], skip: ["soft", "not needed"] };

/** The form for a packet or envelope. `say` tells those who do not see the page. */
export function gateCard(text, kind, say) {
  const at = kind === "envelope" ? "/packet" : "";
  const told = (name) => {
    const place = locate(text, `${at}/${name}`);
    return place === null ? null : stringOf(text.slice(place.start, place.end));
  };
  const now = () => new Date().toISOString();
  const audience = h("input", {
    type: "text",
    class: "mono",
    autocomplete: "off",
    spellcheck: false,
    name: "audience",
    value: clipped(told("to_agent") ?? "", 256),
  });
  const trust = h(
    "select",
    { name: "trust" },
    h("option", { value: "self", text: "every id that is the hash of its key" }),
    h("option", { value: "registry", text: "the agents of a registry file" }),
  );
  const registry = h("textarea", {
    rows: 5,
    class: "mono",
    spellcheck: false,
    name: "registry",
    placeholder: '{ "agent:…": "-----BEGIN PUBLIC KEY-----\\n…" }',
  });
  const registryField = h("label", { class: "field", hidden: true }, h("span", { text: "The registry file" }), registry);
  const moment = h("input", { type: "text", class: "mono", autocomplete: "off", name: "now", value: now() });
  const strict = h("input", { type: "checkbox", name: "strict" });
  const answer = h("div", { class: "stack" });
  trust.addEventListener("change", () => (registryField.hidden = trust.value !== "registry"));

  async function ask(event) {
    event.preventDefault();
    try {
      const keys = trust.value === "registry" ? AgentRegistry.fromJson(registry.value) : AgentRegistry.selfCertifying();
      const gate = new TrustHandoffMiddleware({
        audience: audience.value.trim(),
        registry: keys,
        nonces: new MemoryNonceStore({ capacity: 16 }),
        strict: strict.checked,
      });
      // A bare packet comes in an envelope of its own, as it does from `createEnvelope`.
      const wire = kind === "envelope" ? text : createEnvelope(text);
      const decision = await gate.handle(wire, { now: moment.value.trim() });
      clear(answer, verdict(decision), findings(decision.checks));
      say(`The gate says ${decision.decision}${decision.code ? `, ${decision.code}` : ""}.`);
    } catch (error) {
      clear(answer, verdict({ decision: "No decision", code: error.code ?? null, reason: error.message }));
      say(error.message);
    }
  }

  const when = (label, value) =>
    h("button", { type: "button", class: "quiet", text: label, on: { click: () => (moment.value = value()) } });
  return h(
    "details",
    { class: "card fold", "data-gate": "" },
    h("summary", {}, h("h3", { text: "Would my gate take it?" })),
    h(
      "form",
      { class: "stack", on: { submit: ask } },
      h("p", {
        class: "hint",
        text: "A real gate with an empty nonce store decides. Who I am was filled in from the packet, which proves nothing about trust.",
      }),
      h(
        "div",
        { class: "split" },
        h("label", { class: "field" }, h("span", { text: "Who I am" }), audience),
        h("label", { class: "field" }, h("span", { text: "Whom I trust" }), trust),
      ),
      registryField,
      h(
        "div",
        { class: "stack" },
        h("label", { class: "field" }, h("span", { text: "The time" }), moment),
        h("div", { class: "row" }, when("Now", now), told("issued_at") !== null && when("When it was issued", () => told("issued_at"))),
      ),
      h("label", { class: "choice" }, strict, "strict: state the risk, prove every hop"),
      h("div", { class: "row" }, h("button", { type: "submit", class: "primary", text: "Ask the gate" })),
    ),
    answer,
  );
}

/** Every check in its order, also those that were not reached, and what those found that have something to say. */
function findings(checks) {
  const isRefused = checks.some(({ outcome }) => outcome === "fail");
  const rest = isRefused ? Object.keys(CHECKS).filter((name) => !checks.some(({ check }) => check === name)) : [];
  const rows = checks
    .filter(({ outcome, detail }) => outcome === "fail" || detail)
    .map(({ check, outcome, detail }) => {
      const [tone, word] = OUTCOMES[outcome] ?? ["soft", outcome];
      return h(
        "tr",
        { dataset: { check } },
        h("th", { scope: "row", text: wordsFor(check) }),
        h("td", {}, h("span", { class: `chip ${tone}`, text: word })),
        h("td", { class: "wrap", text: visible(clipped(detail ?? "", 500)) }),
      );
    });
  const head = h(
    "thead",
    {},
    h(
      "tr",
      {},
      ["Check", "Outcome", "Finding"].map((text) => h("th", { scope: "col", text })),
    ),
  );
  return h(
    "div",
    { class: "stack findings" },
    checkList([...checks, ...rest.map((check) => ({ check }))], { reached: checks.length }),
    rows.length > 0 &&
      h(
        "div",
        { class: "scroll", tabIndex: 0, role: "region", "aria-label": "What the checks found" },
        h("table", { class: "grid" }, head, h("tbody", {}, rows)),
      ),
  );
}
