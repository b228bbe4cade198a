import { AgentIdentity, createEnvelope, signPacket } from "trusthandoff";
import { inspectObject, signedBytes } from "trusthandoff/sentinel";

const planner = AgentIdentity.generate();
const packet = signPacket(planner, { to_agent: "agent:researcher", intent: "Read the report", permissions: { allowed_actions: ["read"] } });
const wire = createEnvelope(packet);
const { kind, valid, form, parts } = inspectObject(wire);
console.log(kind, valid, form, parts[0].at, signedBytes(wire).length > 500);

const tampered = inspectObject(wire.replace("Read", "Publish"));
console.log(tampered.valid, tampered.code, tampered.parts[0].checks.map(({ check, code }) => `${check} ${code ?? "passed"}`).join(", "));
// prints: envelope true 0.4.0 /packet true, false invalid_signature form passed, signature invalid_signature
