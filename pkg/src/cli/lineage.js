import { brief, cut, printable } from "./output.js";

/** Most actions of one hop that are shown to people. */
const MAX_ACTIONS = 12;

/** The first hop that proves nothing; undefined where each does. */
export function brokenHop(hops) {
  return hops.find((hop) => hop.code !== null);
}

/** Each hop with what it may do, below the one it comes from. */
export function lineageRows(hops, paint) {
  const of = (kind) => hops.filter((hop) => hop.kind === kind);
  const capabilities = of("capability_token");
  return [
    "Lineage, oldest first: who hands what to whom, and what they may do then",
    ...tree(of("packet"), paint),
    ...(capabilities.length === 0 ? [] : ["", "Capabilities, root first: who grants what to whom", ...tree(capabilities, paint)]),
  ];
}

function tree(hops, paint) {
  return hops.flatMap((hop, depth) => {
    const indent = "  ".repeat(Math.min(depth, 12));
    const branch = depth === 0 ? "" : "└ ";
    const verdict = hop.code === null ? paint.good("proven") : paint.bad(`${hop.code}: ${brief(hop.reason)}`);
    const [from, to, id] = [hop.from_agent, hop.to_agent, hop.id].map((text) => printable(cut(text, 80)) || "?");
    const whose = hop.id_matches_key ? "" : paint.dim(", the sender's id only claimed");
    return [`  ${indent}${branch}${from} → ${to}   ${paint.dim(id)}   ${verdict}${whose}`, `  ${indent}${depth === 0 ? "" : "  "}  ${printable(rights(hop))}`];
  });
}

function rights({ permissions, constraints, expires_at: end }) {
  const actions = permissions.allowed_actions;
  const shown = actions.slice(0, MAX_ACTIONS).map((action) => cut(action, 120)).join(", ");
  const more = actions.length > MAX_ACTIONS ? ` and ${actions.length - MAX_ACTIONS} more` : "";
  const { max_runtime_seconds: runtime, data_boundary: boundary, requires_human_review: review } = constraints ?? {};
  return [
    actions.length === 0 ? "may do nothing" : `may ${shown}${more}`,
    permissions.max_tool_calls === null ? "any number of tool calls" : `at most ${permissions.max_tool_calls} tool call${permissions.max_tool_calls === 1 ? "" : "s"}`,
    ...(runtime === null || runtime === undefined ? [] : [`at most ${runtime} s`]),
    ...(boundary === null || boundary === undefined ? [] : [`data stays in ${cut(boundary, 80)}`]),
    ...(review === true ? ["a person must approve"] : []),
    ...(end === null ? [] : [`until ${end}`]),
  ].join(" · ");
}
