import { AgentIdentity } from "trusthandoff";
import { LogWriter, Sentinel } from "trusthandoff/sentinel";

const keeper = AgentIdentity.generate();
const writer = new LogWriter({ logId: "gate-1" });
const event = (event_type, more) => writer.append({ event_type, timestamp: new Date().toISOString(), packet_id: "pk-1", ...more });

const lines = [event("packet_accepted"), event("packet_rejected", { reason: "replay_detected" }), writer.checkpoint(keeper)];
const sentinel = new Sentinel({ keys: [keeper.publicKeyPem] }).ingest(lines.join("\n") + "\n"); // or ingestStream(file)

console.log(sentinel.detectViolations().map(({ type, severity }) => `${type} ${severity}`).join(", "));
console.log(`${sentinel.summary().log.sealed} lines sealed`);
// prints: rejected_packet low, replay_attempt medium, 3 lines sealed
