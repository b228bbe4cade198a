/** A request as a person has to judge it: who asks whom to do what, with which rights, until when, and what is new about it. */
import { h } from "../../ui/dom.js";
import { publicOnly } from "../../ui/keyring.js";
import { counted, visible } from "../../ui/text.js";
import { callsOf, duration, moment, pretty, riskOf, until } from "./words.js";

/** The request in words, without what was approved before. */
export function requestView({ packet, reviewDigest }) {
  const risk = riskOf(packet);
  const { allowed_actions: actions } = packet.permissions;
  return [
    h(
      "p",
      { class: "who-asks" },
      h("code", { class: "wrap", text: visible(packet.from_agent) }),
      " asks ",
      h("code", { class: "wrap", text: visible(packet.to_agent) }),
    ),
    whoseName(packet),
    h("blockquote", { class: "intent", tabIndex: 0, "aria-label": "What is asked", text: visible(packet.intent) }),
    lengthOf(packet.intent),
    h(
      "dl",
      { class: "facts" },
      fact("Risk", h("span", { class: `chip ${risk.chip}`, text: risk.name }), ` ${risk.text}`),
      fact(
        "It may",
        actions.length === 0
          ? "do nothing: no action is permitted"
          : h(
              "ul",
              { class: "actions" },
              actions.map((action) => h("li", {}, h("code", { class: "wrap", text: visible(action) }))),
            ),
        h("span", { class: "soft", text: `with ${callsOf(packet.permissions)}` }),
      ),
      fact("Until", h("span", { dataset: { until: "" }, text: until(packet.expires_at) })),
      limits(packet.constraints),
      fact("Made by", ...madeBy(packet.ai_provenance)),
      packet.goal !== null && fact("Goal", visible(packet.goal)),
      packet.provenance?.origin_workflow != null && fact("Workflow", visible(packet.provenance.origin_workflow)),
      packet.task_type !== null && fact("Kind", visible(packet.task_type)),
      packet.memory_refs.length > 0 &&
        fact(
          "Refers to",
          packet.memory_refs.map((each) => h("code", { class: "wrap block", text: visible(each) })),
        ),
      Object.keys(packet.context).length > 0 &&
        fact("Context", h("pre", { class: "context", tabIndex: 0, "aria-label": "Context", text: visible(pretty(packet.context)) })),
    ),
    h(
      "details",
      { class: "bound" },
      h("summary", { text: "What your word is bound to" }),
      h("p", {
        class: "hint",
        text:
          "The packet's whole content without its times, so that your word outlasts a copy that expires while you read, " +
          "and without approvals of it in context.human_approval, which no task gets.",
      }),
      h("p", {}, h("code", { class: "wrap", dataset: { digest: "" }, text: reviewDigest })),
      h("p", { class: "hint wrap", text: `Packet ${visible(packet.packet_id)}` }),
    ),
  ];
}

/** A name is free: only one that is the hash of the key says whose it is. */
function whoseName({ from_agent: agent, public_key: pem }) {
  const { agentId, fingerprint } = publicOnly(pem);
  const isHash = agentId === agent;
  return h(
    "p",
    { class: "hint wrap", dataset: { name: isHash ? "proven" : "claimed" } },
    h("span", { class: `chip ${isHash ? "good" : "warn"}`, text: isHash ? "signed" : "name only claimed" }),
    isHash
      ? " The sender's id is the hash of the key that signed."
      : " Signed, but nothing here binds this name to the key that signed: anybody can take it.",
    " Key ",
    h("code", { class: "wrap", text: fingerprint }),
  );
}

const LONG = { characters: 400, lines: 6 };

/** Of what may reach beyond its frame it is said how long it is. */
function lengthOf(text) {
  const lines = text.split("\n").length;
  if (text.length <= LONG.characters && lines <= LONG.lines) return null;
  const size = `${counted(text.length, "character")} in ${counted(lines, "line")}`;
  return h("p", { class: "hint", text: `${size}: scroll to its end before you decide.` });
}

function fact(name, ...inside) {
  return [h("dt", { text: name }), h("dd", {}, inside)];
}

function limits(constraints) {
  const said = [];
  const seconds = constraints?.max_runtime_seconds;
  if (seconds != null) said.push(Number(seconds) > 0 ? `at most ${duration(Number(seconds) * 1000)} of running` : "no time to run");
  if (constraints?.data_boundary != null) said.push(`data stays within ${visible(constraints.data_boundary)}`);
  return said.length === 0 ? null : fact("Limits", said.join("; "));
}

function madeBy(provenance) {
  if (provenance === null) return ["It does not say that an AI made it, which proves nothing."];
  const { source, ...more } = provenance;
  return [
    h("span", { class: "chip warn", text: "AI" }),
    ` ${visible(String(source))}`,
    Object.keys(more).length > 0 && h("pre", { class: "context", tabIndex: 0, "aria-label": "AI provenance", text: visible(pretty(more)) }),
  ];
}

/** What is new against the packet of the same sender that was approved last; `last` may be undefined. */
export function differencesView(last, found) {
  if (last === undefined)
    return [
      h("h4", { text: "Since the last approval" }),
      h("p", { class: "hint", text: "You have approved nothing of this sender's key in this browser: read all of it." }),
    ];
  const when = moment(last.atMs);
  if (found.length === 0)
    return [
      h("h4", { text: "Since the last approval" }),
      h("p", {}, h("span", { class: "chip good", text: "the same" }), ` Nothing differs in content from what you approved on ${when}.`),
    ];
  return [
    h("h4", { text: "Since the last approval" }),
    h("p", { class: "hint", text: `${counted(found.length, "difference")} from what you approved of this sender on ${when}.` }),
    h(
      "div",
      { class: "scroll", tabIndex: 0, role: "region", "aria-label": "Differences" },
      h(
        "table",
        { class: "grid differences" },
        h(
          "thead",
          {},
          h(
            "tr",
            {},
            ["Field", "Before", "Now"].map((name) => h("th", { scope: "col", text: name })),
          ),
        ),
        h("tbody", {}, found.map(row)),
      ),
    ),
  ];
}

function row({ field, kind, before, after }) {
  const cell = (text, tag) =>
    h("td", {}, text === null ? h("span", { class: "soft", text: "not there" }) : h(tag, { class: "wrap", text: visible(text) }));
  return h(
    "tr",
    { dataset: { kind } },
    h("th", { scope: "row" }, h("code", { class: "wrap", text: visible(field) }), h("span", { class: "kind", text: kind })),
    cell(before, "del"),
    cell(after, "ins"),
  );
}
