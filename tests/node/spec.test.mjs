/** docs/SPEC.md against what the package does: the table of codes, the order of checks, the limits it states. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { gate, trusthandoff, wire } from "./support.mjs";

const spec = readFileSync(new URL("../../docs/SPEC.md", import.meta.url), "utf8");

/** First and second column of a Markdown table's rows. */
const rows = (text) => [...text.matchAll(/^\| `([^`]+)` \| (.*?) \|/gm)].map(([, first, second]) => [first, second]);

test("every code that the text mentions exists", () => {
  const known = new Set(trusthandoff.reasonCodes().map(({ code }) => code));
  const [, checks] = /### 10\.2([^]*?)### 10\.3/.exec(spec);
  const cells = [...checks.matchAll(/^\| `\w+` \| .* \| (.*) \|$/gm)].map(([, codes]) => codes);
  const named = cells.flatMap((codes) => [...codes.matchAll(/`([a-z_]+)`/g)].map(([, code]) => code));
  assert.ok(named.length > 40, "the table of checks could not be read");
  assert.deepEqual(
    named.filter((code) => !known.has(code)),
    [],
  );
});

test("checks stand in the order in which the gate applies them", async () => {
  const [, text] = /### 10\.2([^]*?)### 10\.3/.exec(spec);
  const stated = rows(text).map(([name]) => name);
  const hosts = { revocations: () => false, approvals: () => true, policy: () => true, boundary: "eu" };
  const decision = await gate(hosts).handle(wire({ constraints: { requires_human_review: true, data_boundary: "eu" } }));
  assert.equal(decision.code, null);
  const done = decision.checks.map(({ check }) => check);
  // A packet without a token has no capability to check, and two checks are of a use only; everything else applied.
  assert.deepEqual(
    done,
    stated.filter((name) => !["capability", "action", "tool_calls"].includes(name)),
  );
});

test("the fields of a packet are those of a signed one", () => {
  const [, text] = /### 4\.1([^]*?)### 4\.2/.exec(spec);
  const stated = rows(text).map(([name]) => name);
  assert.deepEqual(stated.sort(), Object.keys(JSON.parse(wire()).packet).sort());
});

test("every row of docs/THREATS.md is tested where it says, and its codes exist", () => {
  const threats = readFileSync(new URL("../../docs/THREATS.md", import.meta.url), "utf8");
  const known = new Set([...trusthandoff.reasonCodes().map(({ code }) => code), "argument_type"]);
  const listed = [...threats.matchAll(/^\| ([A-HW]\d+) \|.*\| ([^|]*) \| (\S+) \|$/gm)];
  assert.ok(listed.length > 60, "the tables could not be read");
  for (const [, id, codes, file] of listed) {
    const text = readFileSync(new URL(`../../${file}`, import.meta.url), "utf8");
    assert.match(text, new RegExp(`\\b${id}\\b`), `${file} does not mention ${id}`);
    for (const [, code] of codes.matchAll(/`(\w+)`/g)) assert.ok(known.has(code), `${id}: ${code}`);
  }
});
