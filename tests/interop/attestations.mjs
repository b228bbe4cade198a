// Attestations through the package's public API, one JSON line each.
// `attestations.mjs make SEED COUNT`: COUNT attestations, each with the texts it is of.
// `attestations.mjs judge`: reads the reference's and says what is wrong with each: fresh, taken twice, and in an archive.
import { createInterface } from "node:readline";
import { AgentIdentity, createAttestation, MemoryNonceStore, verifyArchived, verifyAttestation } from "../../pkg/dist/index.js";
import { below, label, maybe, object, pick, seed as drawFrom } from "./random_values.mjs";

const STATUSES = ["OK", "ERROR", "PARTIAL", "REJECTED", "TIMEOUT"];
const RESERVED = ["packet_id", "attestation", "__control__"];
const say = (line) => process.stdout.write(JSON.stringify(line) + "\n");
const identities = [1, 2, 3, 4].map((byte) => AgentIdentity.fromPrivateKey(new Uint8Array(32).fill(byte)));

/** Attestations know no floats. */
function exact(value) {
  if (typeof value === "number" && !Number.isInteger(value)) return below(1e6);
  if (Array.isArray(value)) return value.map(exact);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, exact(member)]));
}

/** JSON of values that hold `bigint`, which `JSON.stringify` refuses. */
function json(value) {
  if (typeof value === "bigint") return String(value);
  if (Array.isArray(value)) return `[${value.map(json).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  return `{${Object.entries(value).map(([key, member]) => `${JSON.stringify(key)}:${json(member)}`).join(",")}}`;
}

function outcome() {
  const drawn = exact(object(below(5)));
  for (const name of RESERVED) delete drawn[name];
  return drawn;
}

function make(seed, count) {
  drawFrom(seed);
  for (let number = 0; number < count; number++) {
    const identity = pick(identities);
    const [packetId, status, result, reason] = [label(60), STATUSES[number % STATUSES.length], outcome(), maybe(outcome)];
    const now = pick([1577836800000, 1772971200000, 1577836800000 + below(2 ** 40)]);
    const { text } = createAttestation(identity, { packetId, status, result, reason, now });
    const parts = { attestation: text, result: json(result), reason: reason ? json(reason) : "null", public_key_pem: JSON.stringify(identity.publicKeyPem), now_ms: String(now) };
    const whole = `{${Object.entries(parts).map(([name, part]) => `"${name}":${part}`).join(",")}}`;
    say({ id: `attestation ${seed}/${number}`, kind: "attestation", text: whole, status });
  }
}

async function judge() {
  for await (const line of createInterface({ input: process.stdin })) {
    const { id, attestation, result, reason, public_key_pem: publicKey, now_ms: now, packet_id: packetId, status, signed_by: agentId } = JSON.parse(line);
    const archived = { result, reason, publicKey, packetId, statuses: [status], agentId };
    // Of its own: their times jump back and forth, and a store that has forgotten something refuses.
    const fresh = { ...archived, now, nonces: new MemoryNonceStore({ capacity: 10 }) };
    const [first, second] = [verifyAttestation(attestation, fresh).code, verifyAttestation(attestation, fresh).code];
    const others = STATUSES.filter((other) => other !== status);
    const other = verifyAttestation(attestation, { ...fresh, statuses: others }).code;
    say({ id, first, second, other, archived: verifyArchived(attestation, archived).code });
  }
}

if (process.argv[2] === "make") make(...process.argv.slice(3).map(Number));
else await judge();
