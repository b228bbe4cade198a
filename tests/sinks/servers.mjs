/** The servers of servers.py, and events of a gate to send there. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { AgentIdentity, AgentRegistry, createEnvelope, MemoryNonceStore, signPacket, TrustHandoffExecutor, TrustHandoffMiddleware } from "../../pkg/dist/index.js";

/** Starts them: `{ brokers, otlp, read(topic, count), stop() }`. */
export async function servers() {
  const child = spawn("python3", [fileURLToPath(new URL("servers.py", import.meta.url)), "run"], { stdio: ["pipe", "pipe", "ignore"] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async () => {
    const { value, done } = await lines.next();
    assert.ok(!done, "the servers have ended");
    return JSON.parse(value);
  };
  const places = await next();
  return {
    ...places,
    read(topic, count) {
      child.stdin.write(`${JSON.stringify({ topic, count })}\n`);
      return next();
    },
    async stop() {
      child.stdin.end();
      if (child.exitCode === null) await once(child, "exit");
    },
  };
}

const [planner, researcher] = [1, 2].map((byte) => AgentIdentity.fromPrivateKey(new Uint8Array(32).fill(byte)));

/** A gate that tells `events`, and how to give it something to tell. */
export function working(events, more = {}) {
  const gate = new TrustHandoffMiddleware({
    ...{ audience: researcher.agentId, nonces: new MemoryNonceStore(), events, storeTimeoutMs: 20_000 },
    registry: new AgentRegistry().register(planner.agentId, planner.publicKeyPem),
  });
  const executor = new TrustHandoffExecutor({ gate, identity: researcher, ...more });
  const wire = () =>
    createEnvelope(signPacket(planner, { to_agent: researcher.agentId, intent: "Read", permissions: { allowed_actions: ["read"], max_tool_calls: 3 } }));
  return { gate, executor, wire, researcher };
}
