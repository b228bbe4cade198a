/** The approval desk: a request comes in, is read and compared, and a person's signed word goes out. */
import { reviewRequest } from "trusthandoff/slim";
import { clear, find, h } from "../../ui/dom.js";
import { intake } from "../../ui/intake.js";
import { forgetting } from "../../ui/kept_keys.js";
import { shared } from "../../ui/share.js";
import { visible } from "../../ui/text.js";
import { verdict } from "../../ui/verdict.js";
import { decisionForm, sign, signedView } from "./decide.js";
import { forgetAll, forgetDecision, history, lastApproved, remember } from "./desk_store.js";
import { differences } from "./differences.js";
import { showHistory } from "./history_view.js";
import { showLineage } from "./lineage.js";
import { obstacles } from "./obstacles.js";
import { received } from "./received.js";
import { differencesView, requestView } from "./request_view.js";
import { reviewerChoice } from "./reviewer.js";
import { deployment, tampered } from "./scenario.js";
import { until } from "./words.js";

const TICK_MS = 1000;
/** A request that an address brings cannot be decided sooner: whoever was about to press a button meant the one before it. */
const HELD_MS = 1500;

export async function start(section, page) {
  const card = find(section, "[data-request]");
  const word = find(section, "[data-word]");
  const signed = find(section, "[data-signed]");
  const past = find(section, "[data-history]");
  let reviewer = null;
  /** What is on the desk: `{ text, request, way, expired }`, or null. */
  let desk = null;
  let heldUntil = 0;
  /** Counts addresses: what a slower one of before holds is not shown any more. */
  let linked = 0;

  const field = intake(find(section, "[data-packet]"), {
    label: "A packet or an envelope",
    hint: "Paste it, drop a file, or try an example. Its signature is verified before anything of it is shown.",
    examples: [
      { label: "Try an example", make: () => deployment("first") },
      { label: "The same sender, next time", make: () => deployment("second") },
      { label: "Changed on the way", make: tampered },
    ],
    rows: 6,
    onText: take,
  });
  const reviewers = reviewerChoice(find(section, "[data-reviewer]"), {
    say: page.say,
    onChange(record) {
      reviewer = record;
      if (desk !== null) showForm();
    },
  });
  const forgetAllButton = forgetting("Forget all decisions", "Forget all", async () => (await forgetAll(), remembered()));
  find(section, "[data-forget]").append(forgetAllButton);

  function nothing() {
    desk = null;
    word.hidden = true;
    signed.hidden = true;
    clear(find(word, "[data-form]"));
    clear(card, h("p", { class: "empty", text: "What is asked stands here, in plain words, once its signature is verified." }));
  }

  async function take(text) {
    nothing();
    if (text.trim() === "") return;
    let request;
    let way;
    try {
      request = reviewRequest(text);
      way = received(text);
    } catch (error) {
      const refused = { decision: "REJECT", code: error.code ?? null, reason: error.message, field: error.field ?? null };
      clear(
        card,
        h("h3", { text: "Nothing to decide" }),
        verdict(refused),
        h("p", { class: "hint", text: "Nobody can say who asks for this. A gate refuses it whatever you say." }),
      );
      page.say(`Refused: ${error.message}`);
      return;
    }
    desk = { text, request, way, expired: false };
    await show();
    // On a phone it stands below; whoever types is not moved away.
    const below = card.getBoundingClientRect().top > innerHeight * 0.75;
    if (below && document.activeElement?.tagName !== "TEXTAREA") card.scrollIntoView({ block: "start" });
    page.say(`${request.packet.from_agent} asks: ${request.packet.intent.slice(0, 200)}`);
  }

  async function show() {
    const { text, request } = desk;
    const { packet } = request;
    const { chain, packets } = desk.way;
    const way = h("div", { class: "stack", dataset: { way: "" } });
    const compared = h("div", { class: "stack", dataset: { compared: "" } });
    clear(
      card,
      h("h3", { text: "The request" }),
      requestView(request),
      compared,
      way,
      h(
        "div",
        { class: "row" },
        h("button", {
          type: "button",
          class: "quiet",
          text: "Look closer in the inspector",
          on: { click: () => page.give("inspect", text) },
        }),
      ),
    );
    showForm();
    if (chain.length > 1 || packets.length > 0 || packet.capability_token !== null) {
      clear(way, h("p", { class: "hint", role: "status", text: "Reading how it came…" }));
      showLineage(way, text, chain).catch((error) =>
        clear(way, h("p", { class: "hint", text: `How it came cannot be shown: ${visible(error.message)}` })),
      );
    }
    await compare(compared, packet);
  }

  async function compare(place, packet) {
    try {
      const last = await lastApproved(packet);
      clear(place, differencesView(last, last === undefined ? [] : differences(last.packet, packet)));
    } catch (error) {
      clear(place, h("p", { class: "hint", text: visible(error.message) }));
    }
  }

  /** What stands in the way depends on who signs and on the time. */
  function showObstacles() {
    const found = obstacles(desk.request, reviewer);
    clear(
      find(word, "[data-obstacles]"),
      found.map(({ code, text, blocks }) =>
        h("p", { class: blocks ? "refusal" : "caution" }, code && h("code", { text: code }), ` ${text}`),
      ),
    );
    return found.some(({ blocks }) => blocks);
  }

  /** The form for whoever signs now. A note that is being written stays. */
  function showForm() {
    const form = find(word, "[data-form]");
    const [note, validity] = [form.querySelector("textarea")?.value, form.querySelector("select")?.value];
    clear(form, decisionForm({ reviewer, isBlocked: showObstacles(), onDecide: decide, note, validity }));
    word.hidden = false;
  }

  /** The end of a packet comes while it is read. */
  function tick() {
    if (desk === null) return;
    const { expires_at: end } = desk.request.packet;
    find(card, "[data-until]").textContent = until(end);
    const expired = end !== null && Date.parse(end) <= Date.now();
    if (expired && !desk.expired) showObstacles();
    desk.expired = expired;
  }

  async function decide(decision, { note, ttlSeconds }) {
    const asked = desk;
    const { label } = reviewer;
    try {
      if (performance.now() < heldUntil) throw new Error("A link has just put this request here. Read it, then decide.");
      const outcome = await sign(asked.text, asked.request, reviewer, { decision, note, ttlSeconds });
      const kept = remember({ approval: outcome.approval, request: asked.request, reviewerLabel: label, note });
      // A word that cannot be kept here counts all the same.
      const trouble = await kept.then(
        () => null,
        (error) => error,
      );
      // Whoever has put another request on the desk meanwhile is not shown the word on this one.
      if (desk === asked) signedView(signed, outcome);
      if (trouble !== null) signed.append(h("p", { class: "caution", text: visible(trouble.message) }));
      page.say(`${decision === "APPROVED" ? "Approved" : "Denied"} and signed. ${saidOf(outcome)}`);
    } catch (error) {
      clear(signed, h("p", { class: "refusal" }, error.code && h("code", { text: error.code }), ` ${visible(error.message)}`));
      signed.hidden = false;
    }
    signed.scrollIntoView({ block: "nearest" });
    await remembered();
  }

  async function remembered() {
    try {
      const decisions = await history();
      forgetAllButton.hidden = decisions.length === 0;
      showHistory(past, decisions, { onForget: async (id) => (await forgetDecision(id), remembered()) });
    } catch (error) {
      clear(past, h("p", { class: "soft", text: visible(error.message) }));
    }
  }

  nothing();
  setInterval(tick, TICK_MS);
  return {
    async shown(argument) {
      await Promise.all([reviewers.refresh(), remembered()]);
      const mine = (linked += 1);
      if (argument === undefined) return;
      try {
        const text = await shared(argument);
        if (mine !== linked) return;
        heldUntil = performance.now() + HELD_MS;
        field.set(text);
      } catch (error) {
        if (mine !== linked) return;
        field.set("");
        clear(card, h("p", { class: "refusal", text: visible(error.message) }));
      }
    },
  };
}

function saidOf({ decision }) {
  return decision === null ? "No gate could be tried with this envelope." : `A gate says ${decision.code ?? decision.decision}.`;
}
