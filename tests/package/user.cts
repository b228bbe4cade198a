// Compiled, never run.
import trusthandoff = require("trusthandoff");
import indexeddb = require("trusthandoff/stores/indexeddb");
import memory = require("trusthandoff/stores/memory");
import sentinel = require("trusthandoff/sentinel");
import slim = require("trusthandoff/slim");

const planner: trusthandoff.AgentIdentity = trusthandoff.AgentIdentity.generate();
const store: trusthandoff.MemoryNonceStore = new memory.MemoryNonceStore({ capacity: 10 });
const kept: indexeddb.IndexedDbNonceStore = new indexeddb.IndexedDbNonceStore();
const ready: Promise<void> = slim.init(new Uint8Array(3));
const report: trusthandoff.SignatureReport = trusthandoff.verifySignature("{}");
const writer: sentinel.LogWriter = new sentinel.LogWriter({ logId: "gate-1" });
const line: string = writer.checkpoint(planner);

export = { kept, line, planner, store, ready, report };
