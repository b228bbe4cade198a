/** What a gate checked, in its order and in words for people. */
import { h } from "./dom.js";
import { visible } from "./text.js";

/** Name of a check → what it asks. */
export const CHECKS = {
  size: "small enough",
  encoding: "UTF-8",
  json: "strict JSON",
  fields: "known fields",
  algorithm: "algorithm",
  public_key: "sound key",
  ttl: "own lifetime",
  identity: "the sender's own key",
  agent_revocation: "sender not revoked",
  audience: "meant for me",
  signature: "signature",
  time: "in time",
  ttl_policy: "within my limits",
  chain: "chain",
  capability: "capability",
  action: "action permitted",
  ai_provenance: "AI provenance",
  tool_calls: "calls left",
  revocation: "nothing revoked",
  constraints: "constraints",
  human_review: "people approved",
  policy: "my own rule",
  replay: "first time",
};

const OUTCOMES = { pass: "passed", fail: "failed", skip: "not needed" };

/** The words for a check, also for one of a later version. */
export function wordsFor(check) {
  return CHECKS[check] ?? check.replaceAll("_", " ");
}

/** A list of checks with their outcomes; with `reached` only so many of them are shown as done. */
export function checkList(checks, { reached = checks.length, label = "Checks, in order" } = {}) {
  return h(
    "ol",
    { class: "checks", "aria-label": label },
    checks.map(({ check, outcome, detail }, index) =>
      h(
        "li",
        { dataset: { check, outcome: index < reached ? outcome : "waiting" } },
        h("span", { class: "check-name", text: wordsFor(check) }),
        h("span", { class: "unseen", text: index < reached ? ` ${OUTCOMES[outcome] ?? outcome}` : " not reached" }),
        detail && index < reached && h("span", { class: "check-detail", text: visible(detail) }),
      ),
    ),
  );
}
