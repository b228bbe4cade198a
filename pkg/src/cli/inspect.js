import { shared } from "../core.js";
import { parse } from "./arguments.js";
import { checksOf } from "./findings.js";
import { readObject } from "./input.js";
import { leavesOf } from "./leaves.js";
import { printable } from "./output.js";

/** `inspect FILE` */
export async function inspect(args, io, help) {
  const { values, positionals } = parse("inspect", args, {}, 1);
  if (values.help) return help("inspect");
  const report = reportOn(await readObject(positionals[0]));
  await io.out.line(values.json ? forMachines(report) : forPeople(report, io.paint));
  return report.valid ? 0 : 1;
}

function reportOn(bytes) {
  const found = shared.call((glue) => glue.checkObject(undefined, bytes));
  const { kind, valid, code, reason, field, form, agent_id, id_matches_key, packet_id } = found;
  const checks = checksOf(found);
  const { proven, claimed } = valid ? statements(found) : { proven: [], claimed: [] };
  return { kind, valid, code, reason, field, form, agent_id, id_matches_key, packet_id, checks, proven, claimed, fields: fieldsOf(kind, bytes) };
}

/** The object as JSON text, numbers spelt as they were received; null where the text is none of a known kind. */
function fieldsOf(kind, bytes) {
  if (kind === null) return null;
  try {
    // Throws for what cannot be read; what can is well-formed, and a token is canonical base64url.
    shared.call((glue) => glue.objectView(kind, bytes));
    const text = new TextDecoder().decode(bytes);
    return kind === "capability_token" ? Buffer.from(text, "base64url").toString() : text;
  } catch {
    return null;
  }
}

/** What a valid signature proves about each kind, and what it does not. */
function statements({ kind, agent_id: agentId, id_matches_key: idMatches }) {
  const holder = "the holder of the public key signed exactly these fields";
  const idProven = `the id ${agentId} is the hash of that key`;
  const idClaimed = `that the key belongs to ${agentId}: only a registry knows`;
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
    default:
      claimed.push("that the sender is trusted and not revoked: no registry was asked", "that it is in time: no clock was read", "that it was never used before: no store was asked");
      if (kind === "envelope") claimed.push("the chain: no signature covers it");
  }
  return { proven, claimed };
}

/** The object itself goes in as it was received. */
function forMachines({ fields, ...report }) {
  return `${JSON.stringify(report).slice(0, -1)},"fields":${fields}}`;
}

function forPeople(report, paint) {
  const { kind, valid, code, reason, field, form, fields, checks, proven, claimed } = report;
  const title = `${paint.bold(kind ?? "no signed object")}${form ? `, signed in form ${form}` : ""}`;
  const verdict = valid ? paint.good("form and signature are valid") : paint.bad(`${code}${field ? ` at ${printable(field)}` : ""}: ${printable(reason ?? "")}`);
  return [
    title,
    verdict,
    ...(fields === null ? [] : ["", "Fields", ...table(leavesOf(fields).map((leaf) => leaf.map(printable)))]),
    "",
    "Checks",
    ...table(checks.map(({ check, outcome, detail }) => [`${outcome === "pass" ? paint.good("pass") : paint.bad("FAIL")}  ${check}`, printable(detail ?? "")])),
    "",
    "Proven",
    ...(proven.length ? proven : ["nothing"]).map((line) => `  ${printable(line)}`),
    "",
    "Only claimed",
    ...(valid ? claimed : ["everything"]).map((line) => `  ${printable(line)}`),
  ].join("\n");
}

function table(rows) {
  const width = Math.min(48, Math.max(0, ...rows.map(([left]) => visible(left))));
  return rows.map(([left, right]) => `  ${left}${" ".repeat(Math.max(0, width - visible(left)))}  ${right}`.trimEnd());
}

/** Width without colour codes. */
function visible(text) {
  return text.replace(/\u001b\[\d+m/g, "").length;
}
