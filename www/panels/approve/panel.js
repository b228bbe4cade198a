/** The approval desk: a request comes in, is read and compared, and a person's signed word goes out. */
import { reviewRequest } from "trusthandoff/slim";
import { clear, find, h } from "../../ui/dom.js";
import { intake } from "../../ui/intake.js";
import { forgetting } from "../../ui/kept_keys.js";
import { share, shared } from "../../ui/share.js";
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

/** Timers hold no longer than this. */
const MAX_TIMER_MS = 2 ** 31 - 1;

export async function start(section, page) {
  const card = find(section, "[data-request]");
  const word = find(section, "[data-word]");
  const signed = find(section, "[data-signed]");
  const past = find(section, "[data-history]");
  let reviewer = null;
  /** What is on the desk: `{ text, request }`, or null. */
  let desk = null;
  let expiry;

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
      if (desk !== null) showObstacles();
    },
  });
  find(section, "[data-forget]").append(forgetting("Forget all decisions", "Forget all", async () => (await forgetAll(), remembered())));

  function nothing() {
    desk = null;
    clearTimeout(expiry);
    word.hidden = true;
    signed.hidden = true;
    clear(find(word, "[data-form]"));
    clear(card, h("p", { class: "empty", text: "What is asked stands here, in plain words, once its signature is verified." }));
  }

  async function take(text) {
    nothing();
    if (text.trim() === "") return;
    let request;
    try {
      request = reviewRequest(text);
    } catch (error) {
      const refused = { decision: "REJECT", code: error.code ?? null, reason: error.message, field: error.field ?? null };
      clear(card, h("h3", { text: "Nothing to decide" }), verdict(refused), h("p", { class: "hint", text: "Nobody can say who asks for this. A gate refuses it whatever you say." }));
      page.say(`Refused: ${error.message}`);
      return;
    }
    desk = { text, request };
    await show();
    page.say(`${request.packet.from_agent} asks: ${request.packet.intent.slice(0, 200)}`);
  }

  async function show() {
    const { text, request } = desk;
    const { packet } = request;
    const { chain, packets } = received(text);
    const way = h("div", { class: "stack", dataset: { way: "" } });
    const compared = h("div", { class: "stack", dataset: { compared: "" } });
    clear(
      card,
      h("h3", { text: "The request" }),
      requestView(request),
      compared,
      way,
      h("div", { class: "row" }, h("button", { type: "button", class: "quiet", text: "Look closer in the inspector", on: { click: inspect } })),
    );
    showObstacles();
    if (chain.length > 1 || packets.length > 0 || packet.capability_token !== null) {
      clear(way, h("p", { class: "hint", role: "status", text: "Reading how it came…" }));
      showLineage(way, text, chain).catch((error) => clear(way, h("p", { class: "hint", text: `How it came cannot be shown: ${visible(error.message)}` })));
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

  /** What depends on who signs and on the time. */
  function showObstacles() {
    clearTimeout(expiry);
    const { request } = desk;
    const found = obstacles(request, reviewer);
    const blocked = found.find(({ blocks }) => blocks !== null)?.blocks ?? null;
    clear(
      find(word, "[data-obstacles]"),
      found.map(({ code, text, blocks }) => h("p", { class: blocks === null ? "caution" : "refusal" }, code && h("code", { text: code }), ` ${text}`)),
    );
    const form = find(word, "[data-form]");
    word.hidden = false;
    // A note that is being written stays.
    const [note, validity] = [form.querySelector("textarea")?.value, form.querySelector("select")?.value];
    clear(form, decisionForm({ reviewer, blocked, onDecide: decide, note, validity }));
    const left = request.packet.expires_at === null ? 0 : Date.parse(request.packet.expires_at) - Date.now();
    if (left > 0) expiry = setTimeout(showObstacles, Math.min(left + 500, MAX_TIMER_MS));
  }

  async function decide(decision, { note, ttlSeconds }) {
    const { text, request } = desk;
    try {
      const outcome = await sign(text, request, reviewer, { decision, note, ttlSeconds });
      signedView(signed, outcome);
      await remember({ approval: outcome.approval, request, reviewerLabel: reviewer.label, note });
      page.say(`${decision === "APPROVED" ? "Approved" : "Denied"} and signed. A gate says: ${outcome.decision.decision} ${outcome.decision.code ?? ""}`);
    } catch (error) {
      clear(signed, h("p", { class: "refusal" }, error.code && h("code", { text: error.code }), ` ${visible(error.message)}`));
      signed.hidden = false;
    }
    signed.scrollIntoView({ block: "nearest", behavior: "smooth" });
    await remembered();
  }

  async function inspect() {
    try {
      page.go("inspect", await share(desk.text));
    } catch (error) {
      page.say(error.message);
    }
  }

  async function remembered() {
    try {
      const decisions = await history();
      showHistory(past, decisions, { onForget: async (id) => (await forgetDecision(id), remembered()) });
    } catch (error) {
      clear(past, h("p", { class: "soft", text: visible(error.message) }));
    }
  }

  nothing();
  return {
    async shown(argument) {
      await Promise.all([reviewers.refresh(), remembered()]);
      if (argument === undefined) return;
      try {
        field.set(await shared(argument));
      } catch (error) {
        clear(card, h("p", { class: "refusal", text: visible(error.message) }));
      }
    },
  };
}
