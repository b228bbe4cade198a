/** Who hands what to whom, as a tree: what each may do, where it narrowed, and what of it is proven. */
import { h } from "../../ui/dom.js";
import { clipped, visible } from "../../ui/text.js";
import { relative } from "./fields.js";

const MAX_ACTIONS = 24;
/** Deeper hops stand below one another: a chain may have more of them than a screen has room to the right. */
const MAX_INDENT = 4;

/** The trees of an envelope's hops; nothing where there are none. */
export function lineageOf(hops) {
  const packets = hops.filter(({ kind }) => kind === "packet");
  const capabilities = hops.filter(({ kind }) => kind === "capability_token");
  if (hops.length === 0) return null;
  return h(
    "section",
    { class: "card", "data-lineage": "", "aria-label": "Lineage" },
    h("h3", { text: "Where it comes from" }),
    h("p", {
      class: "hint",
      text: "Solid: signed, and follows from the one before. Dashed: only claimed. Whom to trust at the beginning, only a registry knows.",
    }),
    h(
      "div",
      { class: packets.length > 0 && capabilities.length > 0 ? "split" : "stack" },
      packets.length > 0 && tree("Packets: who hands the task to whom", packets),
      capabilities.length > 0 && tree("Capabilities: who grants the right to whom", capabilities),
    ),
  );
}

/** A packet or token that stands alone, as a hop; none where it cannot be read, for then its fields may be anything. */
export function hopOf({ kind, fields, code, reason, agentId, idMatchesKey, objectId }) {
  if (agentId === null) return [];
  const isToken = kind === "capability_token";
  const stated = isToken ? fields.delegated_permissions : fields.permissions;
  return [
    {
      kind,
      id: objectId ?? "",
      from_agent: agentId,
      to_agent: isToken ? fields.subject_agent : fields.to_agent,
      id_matches_key: idMatchesKey === true,
      permissions: { allowed_actions: stated.allowed_actions ?? [], max_tool_calls: stated.max_tool_calls ?? null },
      constraints: fields.constraints ?? null,
      expires_at: fields.expires_at ?? null,
      code,
      reason,
    },
  ];
}

function tree(title, hops) {
  const nested = hops.reduceRight(
    (inner, hop, index) => h("ol", { class: index > MAX_INDENT ? "flat" : null }, h("li", {}, node(hop, hops[index - 1], index), inner)),
    null,
  );
  nested.classList.add("lineage");
  return h("div", { class: "stack" }, h("h4", { text: title }), nested);
}

function node(hop, before, index) {
  const isProven = hop.code === null;
  const narrowed = before === undefined ? [] : narrowing(before, hop);
  const name = (id) => h("code", { class: "wrap", text: visible(clipped(id, 80)) || "unreadable" });
  return h(
    "div",
    { class: `hop ${isProven ? "proven" : "claimed"}`, dataset: { code: hop.code ?? "" } },
    h(
      "p",
      { class: "row" },
      h(
        "span",
        { class: "hop-who" },
        name(hop.from_agent),
        h("span", { "aria-label": hop.kind === "packet" ? "hands to" : "grants to", role: "img", text: " → " }),
        name(hop.to_agent),
      ),
      h("span", { class: `chip ${isProven ? "good" : "bad"}`, text: isProven ? "proven" : "claimed" }),
      index === 0 && h("span", { class: "chip soft", text: "root" }),
      !hop.id_matches_key && h("span", { class: "chip warn", text: "id only claimed", title: "The id is not the hash of the key" }),
    ),
    h("p", { class: "row" }, actionsOf(hop)),
    h("p", { class: "hint", text: limitsOf(hop) }),
    hop.id !== "" && h("p", { class: "hop-id wrap" }, h("code", { class: "soft", text: visible(clipped(hop.id, 120)) })),
    narrowed.length > 0 &&
      h(
        "ul",
        { class: "narrowed", "aria-label": "Narrowed here" },
        narrowed.map((text) => h("li", { text: visible(text) })),
      ),
    !isProven && h("p", { class: "hop-why" }, h("code", { text: hop.code }), ` ${visible(hop.reason ?? "")}`),
  );
}

function actionsOf({ permissions }) {
  const actions = permissions.allowed_actions;
  if (actions.length === 0) return [h("span", { class: "soft", text: "may do nothing" })];
  const shown = actions
    .slice(0, MAX_ACTIONS)
    .map((action) => h("code", { class: "action wrap", text: visible(clipped(String(action), 160)) }));
  return [
    h("span", { class: "soft", text: "may" }),
    ...shown,
    actions.length > MAX_ACTIONS && h("span", { class: "soft", text: `and ${actions.length - MAX_ACTIONS} more` }),
  ];
}

function limitsOf({ permissions, constraints, expires_at: end }) {
  const calls = permissions.max_tool_calls ?? null;
  const { max_runtime_seconds: runtime = null, data_boundary: boundary = null, requires_human_review: review = false } = constraints ?? {};
  return visible(
    [
      calls === null ? "any number of tool calls" : `at most ${calls} tool call${String(calls) === "1" ? "" : "s"}`,
      runtime !== null && `at most ${runtime} s`,
      boundary !== null && `data stays in ${clipped(String(boundary), 80)}`,
      review === true && "a person must approve",
      end === null ? "no end" : `until ${end} (${relative(end)})`,
    ]
      .filter(Boolean)
      .join(" · "),
  );
}

/** What `hop` leaves out of what `before` had, in words; nothing of a hop that nothing proves. */
function narrowing(before, hop) {
  if (hop.code !== null) return [];
  const [above, below] = [before.permissions.allowed_actions, hop.permissions.allowed_actions];
  const gone = above.filter((action) => !below.includes(action));
  const fresh = below.filter((action) => !above.includes(action));
  const listed = (actions) =>
    actions
      .slice(0, MAX_ACTIONS)
      .map((action) => clipped(String(action), 160))
      .join(", ");
  const words = [];
  if (gone.length > 0 && fresh.length > 0) words.push(`${listed(gone)} became ${listed(fresh)}`);
  else if (gone.length > 0) words.push(`no more ${listed(gone)}`);
  else if (fresh.length > 0) words.push(`${listed(fresh)}, within what stands above`);
  const [had, has] = [before.permissions.max_tool_calls ?? null, hop.permissions.max_tool_calls ?? null];
  if (has !== null && (had === null || has < had)) words.push(`tool calls: ${had ?? "any number"} → ${has}`);
  const [ended, ends] = [Date.parse(before.expires_at ?? ""), Date.parse(hop.expires_at ?? "")];
  if (ends < ended) words.push(`ends ${spanOf(ended - ends)} earlier`);
  else if (!Number.isNaN(ends) && Number.isNaN(ended)) words.push("has an end");
  const [were, are] = [before.constraints ?? {}, hop.constraints ?? {}];
  if ((are.max_runtime_seconds ?? null) !== null && were.max_runtime_seconds !== are.max_runtime_seconds)
    words.push(`runtime: at most ${are.max_runtime_seconds} s`);
  if ((are.data_boundary ?? null) !== null && were.data_boundary !== are.data_boundary)
    words.push(`data stays in ${clipped(String(are.data_boundary), 80)}`);
  if (are.requires_human_review === true && were.requires_human_review !== true) words.push("a person must approve");
  return words;
}

function spanOf(ms) {
  const seconds = Math.round(ms / 1000);
  if (seconds < 1) return `${Math.max(ms, 1)} ms`;
  if (seconds < 120) return `${seconds} s`;
  return seconds < 7200 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`;
}
