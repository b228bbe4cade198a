/** The handoff as a picture, and the attacks on it. What is decided here, a real gate decides. */
import { CHECKS, checkList } from "../../ui/checks.js";
import { copyButton } from "../../ui/copy.js";
import { clear, find, h } from "../../ui/dom.js";
import { shortId, visible } from "../../ui/text.js";
import { verdict } from "../../ui/verdict.js";
import { newCast } from "./cast.js";
import { codeText } from "./code_text.js";
import { make, signedTask } from "./deliveries.js";
import { outcomeOf } from "./outcome.js";
import { picture } from "./picture.js";
import { didOf, tally } from "./tally.js";
import { FIELDS, wished } from "./tamper.js";
import { showLines } from "./wire_view.js";

const STEP_MS = 40;
/** A replay must be refused as one, not because its packet is old. */
const LEFT_MS = 60_000;
const ORDER = Object.keys(CHECKS);
const DEFAULT_TASK = "Summarize the findings";
const RECEIVERS = { researcher: "Researcher with a gate", bystander: "Bystander with a gate" };

const words = (text) => h("span", { class: "wrap", text: visible(text) });
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

export async function start(section, page) {
  const at = (selector) => find(section, selector);
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  const scene = picture(at(".stage"));
  const soFar = tally(at("[data-rows]"), at("[data-score]"));
  const [task, field, value, text] = ["task", "field", "value", "text"].map((name) => at(`#attack-${name}`));

  let cast;
  /** Counts deliveries: what is shown of one stops when the next begins. */
  let turn = 0;
  /** The last delivery, what was accepted last, what waits for a person, what is edited by hand. */
  let [last, accepted, pending, draft] = [null, null, null, null];
  /** The checks of a genuine delivery: what an attack did not reach. */
  let wholeRun = [];
  let valueIsTyped = false;

  const sentence = () => task.value.trim() || DEFAULT_TASK;

  function begin() {
    cast = newCast();
    [accepted, pending, draft] = [null, null, null];
    soFar.reset();
    at("[data-id=planner]").textContent = shortId(cast.planner.agentId);
    at("[data-id=planner]").title = cast.planner.agentId;
  }

  function suggest() {
    if (!valueIsTyped) value.value = wished(field.value, signedTask(cast, sentence()).packet, cast);
  }

  async function deliver(id, name, isTold = true) {
    const mine = (turn += 1);
    try {
      if (id === "replay") await beforeReplay();
      const given = { cast, sentence: sentence(), accepted, pending, draft, field: field.value, edited: text.value };
      const delivery = make(id, { ...given, ...(valueIsTyped && { value: value.value }) });
      const outcome = await outcomeOf(delivery, cast);
      remember(delivery, outcome);
      soFar.add(name, outcome);
      if (mine === turn) await show(delivery, outcome, { name, mine, isTold });
    } catch (error) {
      // What cannot even be signed or handed in; no decision of a gate.
      if (mine === turn) clear(at("[data-verdict]"), verdict({ decision: "Not sent", code: error.code ?? null, reason: error.message }));
    }
  }

  /** Something must have been accepted that is still in time. */
  async function beforeReplay() {
    if (accepted !== null && accepted.packet.intent === sentence() && Date.parse(accepted.packet.expires_at) > Date.now() + LEFT_MS) return;
    const delivery = make("genuine", { cast, sentence: sentence() });
    const outcome = await outcomeOf(delivery, cast);
    remember(delivery, outcome);
    soFar.add("Genuine", outcome);
  }

  function remember(delivery, { gated }) {
    last = delivery;
    if (delivery.value !== undefined) value.value = delivery.value;
    if (gated.code === null && delivery.approvals === undefined && delivery.receiver === "researcher") accepted = delivery;
    if (gated.code === null && wholeRun.length === 0) wholeRun = gated.checks;
    pending = gated.code === "human_review_required" ? delivery.packet : null;
    if (delivery.id === "hand" && gated.code === null) draft = null;
  }

  async function show(delivery, { gated, trusting, isAttack }, { name, mine, isTold }) {
    const refused = gated.code !== null;
    leaveEditor();
    at("[data-gated-name]").textContent = RECEIVERS[delivery.receiver];
    at(".attacker").dataset.idle = delivery.isIdle ? "yes" : "no";
    at("[data-deed]").textContent = delivery.deed;
    at("[data-story]").textContent = delivery.story;
    at("[data-review]").hidden = true;
    showLines(at("[data-lines]"), delivery);
    wait("gated");
    wait("trusting");
    clear(at("[data-verdict]"), verdict({ decision: "On its way", reason: "The gate has not seen it yet." }));
    clear(at("[data-checks]"), checkList(wholeRun, { reached: 0 }));

    await scene.travel(delivery);
    if (mine !== turn) return;
    concludeTrusting(trusting, isAttack);
    const checks = [...gated.checks, ...notReached(gated.checks)];
    for (let reached = still.matches ? gated.checks.length : 0; reached <= gated.checks.length; reached += 1) {
      clear(at("[data-checks]"), checkList(checks, { reached }));
      if (!still.matches) await pause(STEP_MS);
      if (mine !== turn) return;
    }
    const reason = gated.reason ?? accepts(gated);
    clear(at("[data-verdict]"), verdict({ ...gated, reason }));
    conclude("gated", refused ? "bad" : "good", gated.decision, refused ? codeText(gated.code) : words(gated.did));
    showLines(at("[data-lines]"), delivery, gated.field);
    count();
    at("[data-review]").hidden = pending === null;
    section.dataset.turn = String(mine);
    if (isTold) {
      const said = [gated.decision, gated.code, gated.field].filter((part) => part !== null).join(" ");
      page.say(`${name}. ${RECEIVERS[delivery.receiver]}: ${said}. ${reason} The agent that trusts by convention: ${didOf(trusting)}.`);
    }
    await scene.decide(refused);
  }

  function wait(who) {
    clear(at(`[data-outcome-of=${who}]`), h("span", { class: "soft", text: "waits" }));
  }

  function conclude(who, tone, chip, detail) {
    clear(at(`[data-outcome-of=${who}]`), h("span", { class: `chip ${tone}`, text: chip }), " ", detail);
  }

  function concludeTrusting(trusting, isAttack) {
    const isDone = trusting.did !== null;
    conclude("trusting", isDone ? (isAttack ? "warn" : "good") : "bad", isDone ? "did it" : "refused", words(didOf(trusting)));
  }

  function count() {
    const { attacks, ...through } = soFar.score();
    for (const who of ["gated", "trusting"]) {
      at(`[data-count-of=${who}]`).textContent = attacks === 0 ? "No attack yet." : `${through[who]} of ${attacks} attacks got through`;
    }
  }

  /** The checks that would have followed. */
  function notReached(checks) {
    const end = ORDER.indexOf(checks.at(-1)?.check);
    return checks.at(-1)?.outcome === "fail" ? wholeRun.filter(({ check }) => ORDER.indexOf(check) > end) : [];
  }

  function accepts({ did, made }) {
    return made === undefined ? "Every check passed, so it is done, once." : `The agent ${did} within its calls.`;
  }

  function edit() {
    // Goes on with what was refused; otherwise with a packet that was not delivered yet.
    if (draft === null || last?.id !== "hand") {
      draft = signedTask(cast, sentence());
      text.value = draft.text;
    }
    toggleEditor(true);
    text.focus();
  }

  function toggleEditor(isOpen) {
    at("[data-editor]").hidden = !isOpen;
    at("[data-lines]").hidden = isOpen;
    editButton.setAttribute("aria-expanded", String(isOpen));
  }

  /** The focus must not vanish with what held it. */
  function leaveEditor() {
    const held = at("[data-editor]").contains(document.activeElement);
    toggleEditor(false);
    if (held) editButton.focus({ preventScroll: true });
  }

  // Before the first delivery there is nothing.
  const inspect = () => last !== null && page.give("inspect", last.text);
  const toggle = () => (at("[data-editor]").hidden ? edit() : leaveEditor());
  const editButton = h("button", { type: "button", text: "Edit by hand", "aria-expanded": "false", on: { click: toggle } });
  const inspectButton = h("button", { type: "button", class: "quiet", text: "Inspect", on: { click: inspect } });
  at("[data-actions]").append(editButton, inspectButton, copyButton(() => last.text));

  at("[data-close]").addEventListener("click", leaveEditor);
  for (const button of section.querySelectorAll("[data-deliver]")) {
    button.addEventListener("click", () => {
      at(".stage").scrollIntoView({ block: "nearest", behavior: still.matches ? "auto" : "smooth" });
      deliver(button.dataset.deliver, button.dataset.name ?? button.textContent);
    });
    button.disabled = false;
  }
  at("[data-reset]").addEventListener("click", () => {
    begin();
    suggest();
    count();
    deliver("genuine", "Genuine");
  });
  field.append(...FIELDS.map((name) => h("option", { text: name, value: name })));
  field.addEventListener("change", () => {
    valueIsTyped = false;
    suggest();
  });
  value.addEventListener("input", () => (valueIsTyped = true));
  for (const input of [value, task]) {
    const button = at(`[data-deliver=${input === value ? "tamper" : "genuine"}]`);
    input.addEventListener("keydown", ({ key }) => key === "Enter" && button.click());
  }
  task.addEventListener("input", suggest);
  begin();
  suggest();
  for (const control of [field, value, at("[data-reset]")]) control.disabled = false;
  deliver("genuine", "Genuine", false);
}
