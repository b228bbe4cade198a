import { parse } from "./arguments.js";
import { readObject } from "./input.js";
import { leavesOf } from "./leaves.js";
import { brokenHop, lineageRows } from "./lineage.js";
import { brief, cut, printable, printableJson } from "./output.js";

/** Most leaves shown to people; `--json` gives the whole object. */
const MAX_LEAVES = 2000;

/** `inspect FILE` */
export async function inspect(args, io, help) {
  const { values, positionals } = parse("inspect", args, {}, 1);
  if (values.help) return help("inspect");
  const { inspectObject } = await import("../audit/index.js");
  const bytes = await readObject(positionals[0]);
  const report = reportOn(inspectObject(bytes), bytes);
  await io.out.line(values.json ? forMachines(report) : forPeople(report, io.paint));
  return report.valid && brokenHop(report.lineage ?? []) === undefined ? 0 : 1;
}

function reportOn(found, bytes) {
  const { kind, valid, code, reason, field, form, agentId: agent_id, idMatchesKey: id_matches_key, objectId: packet_id, lineage } = found;
  const checks = [...checksOf(found), ...lineageChecks(lineage ?? [])];
  const { proven, claimed } = valid ? statements(found) : { proven: [], claimed: [] };
  const about = { kind, valid, code, reason, field, form, agent_id, id_matches_key, packet_id, checks, proven, claimed, lineage };
  return { ...about, fields: found.fields === null ? null : textOf(kind, bytes) };
}

/**
 * What is certain of what the core reported: it names a sender only of an object that it has read, and calls an object valid only
 * if everything passed. Of a refused one the broken rule is told, and nothing of those that stand beside it.
 */
function checksOf({ kind, valid, code, reason, agentId }) {
  const passed = (check, detail) => ({ check, outcome: "pass", detail });
  return [
    ...(agentId === null ? [] : [passed("form", `strict JSON, and every field of the ${kind} known and of its type`)]),
    ...(valid && kind === "attestation" ? [passed("hashes", "result and reason are the attested ones, about the time that is given")] : []),
    ...(valid ? [passed("signature", "made with that key over exactly these fields")] : [{ check: code, outcome: "fail", detail: reason }]),
  ];
}

/** What the envelope presents in support of itself. */
function lineageChecks(hops) {
  if (hops.length < 2) return [];
  const broken = brokenHop(hops);
  if (broken === undefined) return [{ check: "lineage", outcome: "pass", detail: "each hop is signed and follows from the one before" }];
  return [{ check: "lineage", outcome: "fail", detail: `${broken.code}: ${broken.reason}` }];
}

/** The object as JSON text, numbers spelt as they were received. It has been read: well-formed, and a token canonical base64url. */
function textOf(kind, bytes) {
  const text = new TextDecoder().decode(bytes);
  return kind === "capability_token" ? Buffer.from(text, "base64url").toString() : text;
}

/** What a valid signature proves about each kind, and what it does not. */
function statements({ kind, agentId, idMatchesKey: idMatches }) {
  const holder = "the holder of the public key signed exactly these fields";
  const idProven = `the id ${cut(agentId, 256)} is the hash of that key`;
  const idClaimed = `that the key belongs to ${cut(agentId, 256)}: only a registry knows`;
  const proven = idMatches ? [holder, idProven] : [holder];
  const claimed = idMatches ? [] : [idClaimed];
  switch (kind) {
    case "capability_token":
      claimed.push("that the issuer may grant this: no trusted root was asked", "that it is valid now and not revoked: no clock and no store was read");
      break;
    case "attestation":
      proven.push("result and reason are those whose hashes were signed");
      claimed.push("that the work was done as told: an attestation is its signer's word", "`signed_by`: the signature does not cover it");
      break;
    case "approval":
      claimed.push("that the signer is a reviewer: a gate or its registry says who is", "that it is in time and for your packet: no clock was read, and no packet was at hand");
      break;
    case "revocation":
      claimed.push("that the signer may revoke this: no registry was asked");
      break;
    default:
      claimed.push("that the sender is trusted and not revoked: no registry was asked", "that it is in time: no clock was read", "that it was never used before: no store was asked");
      if (kind === "envelope") claimed.push("the chain: no signature covers it; what proves it is shown with the lineage");
  }
  return { proven, claimed };
}

/** The object itself goes in as it was received. */
function forMachines({ fields, ...report }) {
  return printableJson(`${JSON.stringify(report).slice(0, -1)},"fields":${fields}}`);
}

function forPeople(report, paint) {
  const { kind, valid, code, reason, field, form, fields, checks, proven, claimed, lineage } = report;
  const title = `${paint.bold(kind ?? "no signed object")}${form ? `, signed in form ${form}` : ""}`;
  const verdict = valid ? paint.good("form and signature are valid") : paint.bad(`${code}${field ? ` at ${brief(field)}` : ""}: ${brief(reason)}`);
  return [
    title,
    verdict,
    ...(fields === null ? [] : ["", "Fields", ...fieldRows(fields)]),
    ...(lineage === null || lineage.length === 0 ? [] : ["", ...lineageRows(lineage, paint)]),
    "",
    "Checks",
    ...table(checks.map(({ check, outcome, detail }) => [`${outcome === "pass" ? paint.good("pass") : paint.bad("FAIL")}  ${check}`, brief(detail)])),
    "",
    "Proven",
    ...(proven.length ? proven : ["nothing"]).map((line) => `  ${printable(line)}`),
    "",
    "Only claimed",
    ...(valid ? claimed : ["everything"]).map((line) => `  ${printable(line)}`),
  ].join("\n");
}

function fieldRows(fields) {
  const { leaves, total } = leavesOf(fields, MAX_LEAVES);
  const rows = table(leaves.map((leaf) => leaf.map(printable)));
  return total > leaves.length ? [...rows, `  … and ${(total - leaves.length).toLocaleString("en")} more; --json shows them all`] : rows;
}

function table(rows) {
  let width = 0;
  for (const [left] of rows) width = Math.min(48, Math.max(width, visible(left)));
  return rows.map(([left, right]) => `  ${left}${" ".repeat(Math.max(0, width - visible(left)))}  ${right}`.trimEnd());
}

/** Width without colour codes. */
function visible(text) {
  return text.replace(/\u001b\[\d+m/g, "").length;
}
