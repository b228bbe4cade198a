/** How often a decision reads its text: once for the gate, and once more when somebody asks what was accepted. */
import { calls } from "./trap.mjs";
import assert from "node:assert/strict";
import { test } from "node:test";
import { AgentIdentity, gate, NOW, registry, trusthandoff, wire } from "./support.mjs";

/** Exports that begin a verification, or read a text by themselves. What belongs to a run, a gate or a registry reads none. */
const OWN = /^(?:coregate_(?!begin)|corerun_|coreregistry_|corenonce|corecounter|__)/;
const readings = async (act) => {
  calls.length = 0;
  const found = await act();
  return [found, calls.filter((name) => !OWN.test(name))];
};

const ann = AgentIdentity.generate();
const known = () => registry().register(ann.agentId, ann.publicKeyPem, { now: NOW - 1000 });

test("a decision reads its text once, whoever is asked about it", async () => {
  const reviewed = wire({ constraints: { requires_human_review: true } });
  const approval = trusthandoff.approve(ann, reviewed, { decision: "APPROVED", now: NOW }).text;
  const asked = [];
  const hosts = {
    registry: known(),
    review: { reviewers: [ann.agentId] },
    revocations: () => false,
    policy: (packet) => asked.push(packet.task_id) > 0,
  };
  const onReview = async ({ packet }) => asked.push(packet.task_id) > 0 && approval;
  for (const [text, options] of [[wire(), {}], [reviewed, { onReview }]]) {
    const receiver = gate(hosts);
    const [decision, read] = await readings(() => receiver.handle(text, options));
    assert.deepEqual([decision.code, read], [null, ["coregate_begin"]]);
    // What was accepted is read when somebody asks for it, and is verified by then.
    const [, more] = await readings(() => [decision.packet, decision.packet, decision.packetDigest, decision.reviewDigest, decision.ancestors, decision.capability]);
    assert.deepEqual(more, ["acceptedView"]);
  }
  assert.equal(asked.length, 3);
});

test("a refusal reads its text once too", async () => {
  for (const text of ["[]", wire({}, { now: NOW - 3_600_000 })]) {
    const receiver = gate();
    const [decision, read] = await readings(() => receiver.handle(text));
    assert.deepEqual([decision.decision, read], ["REJECT", ["coregate_begin"]]);
  }
});
