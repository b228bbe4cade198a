/** The way a request came: who handed it to whom, what is proven of that, and what is only claimed. */
import { clear, h } from "../../ui/dom.js";
import { load } from "../../ui/load.js";
import { clipped, visible } from "../../ui/text.js";
import { callsOf, until } from "./words.js";

/** Fills `place` for the text of an envelope. `chain`: the agents that the envelope names, which nobody has signed. */
export async function showLineage(place, text, chain) {
  // Large, and of use only here.
  const { inspectObject } = await load("sentinel");
  const { lineage } = inspectObject(text);
  const hops = lineage ?? [];
  const signers = new Set(hops.filter(({ kind }) => kind === "packet").map(({ from_agent: agent }) => agent));
  const claimed = chain.filter((agent) => !signers.has(agent));
  const rights = hops.filter(({ kind }) => kind === "capability_token");
  clear(
    place,
    h("h4", { text: "How it came" }),
    h("ol", { class: "hops" }, claimed.map(claimedItem), hops.filter(({ kind }) => kind === "packet").map(hopItem)),
    rights.length > 0 && [h("h4", { text: "Who gave the right" }), h("ol", { class: "hops" }, rights.map(hopItem))],
    h("p", {
      class: "hint",
      text: "Proven: signed by the key it names, and following from the one before. Whom to trust first, the receiver's registry says.",
    }),
  );
}

function claimedItem(agent) {
  return h(
    "li",
    {},
    h("span", { class: "chip warn", text: "claimed" }),
    " through ",
    id(agent),
    h("p", { class: "hint", text: "The envelope says so; nothing in it proves it." }),
  );
}

function hopItem({ kind, from_agent: from, to_agent: to, id_matches_key: isOwn, permissions, expires_at: end, code, reason }) {
  const proven = code === null;
  return h(
    "li",
    {},
    h("span", { class: `chip ${proven ? "good" : "bad"}`, text: proven ? "proven" : "claimed" }),
    " ",
    id(from),
    !isOwn && [" ", h("span", { class: "chip warn", text: "name only claimed" })],
    kind === "packet" ? " asks " : " lets ",
    id(to),
    ": ",
    h("code", { class: "wrap", text: visible(permissions.allowed_actions.join(", ")) || "nothing" }),
    `, ${callsOf(permissions)}`,
    h("p", { class: "hint wrap", text: proven ? `until ${until(end)}` : `${code}: ${visible(reason ?? "")}` }),
  );
}

/** Whole as far as a key's hash goes: of a shorter one somebody could make a key that looks the same. */
function id(agent) {
  return h("code", { class: "wrap", title: visible(agent), text: visible(clipped(agent, 48)) });
}
