/**
 * The slowest hostile text known beside genuine ones of its size: unsigned hops of patterns that are slow to hold against each other,
 * the one that contains all standing where it is looked at last. Turn by turn; the median of all turns.
 */
import { AgentIdentity, AgentRegistry, createEnvelope, MemoryNonceStore, signPacket, TrustHandoffMiddleware } from "../pkg/dist/index.js";
import { median } from "./statistics.mjs";

const TURNS = 15;
const PATTERNS = 256;

const number = (i) => String(i).padStart(3, "0");
const list = (action) => Array.from({ length: PATTERNS }, (_, i) => action(i));

/** What is granted, and what narrows it. The hostile ones stand last but for the pattern that contains everything. */
const SHAPES = [
  ["genuine, by folder", (i) => `r:/docs/${"a".repeat(100)}/${i}/**`, (i) => `r:/docs/${"a".repeat(100)}/${i}/a`],
  ["genuine, by a part in the middle", (i) => `r:/*/${"a".repeat(100)}/${number(i)}-*`, (i) => `r:/t/${"a".repeat(100)}/${number(i)}-a`],
  ["hostile, one long segment", (i) => `r:a*${"a".repeat(100)}b${number(i)}*`, (i) => `r:${"a".repeat(106)}${number(i)}`],
  ["hostile, many wildcards", (i) => `r:a*a*a*a*a*a*a*b${number(i)}c${"d".repeat(90)}*`, (i) => `r:${"a".repeat(106)}${number(i)}`],
  ["hostile, any depth", (i) => `r:a/**/${"a/".repeat(48)}b${number(i)}/**`, (i) => `r:${"a/".repeat(53)}${number(i)}`],
];

/** Rows `{ name, bytes, ms, ratio }`, the ratio being to the slowest genuine one. */
export function hostileRows(progress) {
  const [sender, receiver] = [AgentIdentity.generate(), AgentIdentity.generate()];
  const registry = new AgentRegistry().register(sender.agentId, sender.publicKeyPem);
  const gate = new TrustHandoffMiddleware({ audience: receiver.agentId, registry, nonces: new MemoryNonceStore() });
  const text = (wide, narrow) => {
    const packet = signPacket(sender, { to_agent: receiver.agentId, intent: "x", permissions: { allowed_actions: ["r"] } });
    const hop = (allowed_actions) => ({ agent_id: "x", delegated_permissions: { allowed_actions, max_tool_calls: null } });
    const hops = [hop([...list(wide).slice(1), "r:**"]), hop(list(narrow))];
    return createEnvelope(packet).replace('"hops": []', () => `"hops": ${JSON.stringify(hops)}`);
  };
  const times = SHAPES.map(() => []);
  for (let turn = -2; turn < TURNS; turn += 1) {
    progress("hostile texts");
    for (const [at, [name, wide, narrow]] of SHAPES.entries()) {
      const wire = text(wide, narrow);
      const begun = performance.now();
      const { decision } = gate.handleSync(wire);
      if (turn >= 0) times[at].push(performance.now() - begun);
      if (name.startsWith("genuine") && decision !== "ACCEPT") throw new Error(`${name} was refused`);
    }
  }
  const rows = SHAPES.map(([name, wide, narrow], at) => ({ name, bytes: text(wide, narrow).length, ms: median(times[at]) }));
  const slowest = Math.max(...rows.filter(({ name }) => name.startsWith("genuine")).map(({ ms }) => ms));
  return rows.map((row) => ({ ...row, ratio: row.ms / slowest }));
}
