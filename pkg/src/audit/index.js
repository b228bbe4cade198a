export { readCheckpoint } from "./checkpoint.js";
export { answerCheckLine, inspectObject, readVerifyLine, signedBytes } from "./inspect.js";
export { verifyLog } from "./log.js";
export { consistencyProof, inclusionProof, verifyConsistency, verifyInclusion } from "./proofs.js";
export { Sentinel } from "./sentinel.js";
export { LogWriter } from "./writer.js";
