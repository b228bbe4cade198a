/** What both receivers make of a delivery. */
import { receive } from "./convention.js";
import { deed } from "./deed.js";

/** `{ gated, trusting, isAttack }`: what the agent behind the gate and the one without did, and whether there was anything to refuse. */
export async function outcomeOf(delivery, cast) {
  const gated = delivery.calls > 0 ? await executed(delivery, cast) : await judged(delivery, cast);
  const trusting = receive(delivery.text, delivery.calls);
  // Whatever was done to the text: what bears the planner's own signature and is accepted once is what the planner asked for.
  const asSigned = gated.code === null && gated.signature === delivery.packet.signature;
  return { gated, trusting, isAttack: !asSigned };
}

async function judged({ text, receiver, now, approvals }, { gates }) {
  const options = { ...(now !== undefined && { now }), ...(approvals !== undefined && { approvals }) };
  return seen(await gates[receiver].handle(text, options));
}

function seen({ decision, code, reason, field, checks, packet }) {
  return { decision, code, reason, field, checks, did: packet === undefined ? null : deed(packet), signature: packet?.signature };
}

/** Behind an executor the agent asks before each tool call. */
async function executed({ text, calls }, { executor }) {
  let made = 0;
  const { decision, error } = await executor.execute(text, async (task) => {
    for (; made < calls; made += 1) await task.use("read", "/reports/q3");
  });
  if (decision.packet === undefined || error === null) return { ...seen(decision), made };
  // The packet was accepted; a use was refused. That check comes after all the others.
  const checks = [...decision.checks, { check: "tool_calls", outcome: "fail", detail: error.message }];
  return { decision: "REJECT", code: error.code, reason: error.message, field: error.field, checks, did: null, made };
}
