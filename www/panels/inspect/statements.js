/** What a valid signature proves of each kind, and what stays a claim. */
import { h } from "../../ui/dom.js";
import { clipped, visible } from "../../ui/text.js";

/** `{ proven, claimed }`: sentences. Of what is not valid nothing is proven. */
function statementsOf(report) {
  const { kind, valid, agentId, idMatchesKey, lineage, parts } = report;
  if (!valid) return { proven: [], claimed: ["Everything it says."] };
  const id = clipped(agentId ?? "", 256);
  const proven = ["The holder of the public key signed exactly these fields."];
  const claimed = [];
  if (idMatchesKey) proven.push(`The id ${id} is the hash of that key.`);
  else claimed.push(`That the key belongs to ${id}: only a registry knows.`);
  const broken = parts.slice(1).filter((part) => !part.valid).length;
  switch (kind) {
    case "capability_token":
      claimed.push(
        "That the issuer may grant this: no trusted root was asked.",
        "That it is in time and not revoked: no clock and no store was asked.",
      );
      break;
    case "attestation":
      proven.push("Result and reason are those whose hashes were signed.");
      claimed.push(
        "That the work was done as told: an attestation is its signer's word.",
        "That it is fresh: it was judged at the moment that stands beside it, now_ms, which nobody signed.",
        "signed_by: no signature covers it.",
      );
      break;
    case "approval":
      claimed.push(
        "That the signer is a reviewer: a gate or its registry says who is.",
        "That it is in time and for your packet: no clock and no packet was at hand.",
      );
      break;
    case "revocation":
      claimed.push("That the signer may revoke this: no registry was asked.");
      break;
    default:
      if (lineage !== null && lineage.length > 1 && lineage.every(({ code }) => code === null))
        proven.push("Each hop of its lineage is signed, and follows from the one before.");
      claimed.push(
        "That the sender is trusted and not revoked: no registry was asked.",
        "That it is in time: no clock was asked.",
        "That it was never used before: no store was asked.",
      );
      if (kind === "envelope") claimed.push("The list in chain: no signature covers it.");
      if (lineage?.some(({ code }) => code !== null)) claimed.push("The hops that are dashed.");
  }
  if (broken > 0) claimed.push(`What is broken inside: ${broken} of ${parts.length} signed objects.`);
  return { proven, claimed };
}

export function statementsCard(report) {
  const { proven, claimed } = statementsOf(report);
  const list = (items, kind) =>
    h(
      "ul",
      { class: `said ${kind}` },
      items.map((text) => h("li", { class: "wrap", text: visible(text) })),
    );
  return h(
    "section",
    { class: "card", "data-statements": "", "aria-label": "What is proven and what is claimed" },
    h(
      "div",
      { class: "split" },
      h(
        "div",
        { class: "stack" },
        h("h3", { text: "Proven" }),
        proven.length > 0 ? list(proven, "proven") : h("p", { class: "soft", text: "Nothing." }),
      ),
      h("div", { class: "stack" }, h("h3", { text: "Only claimed" }), list(claimed, "claimed")),
    ),
  );
}
