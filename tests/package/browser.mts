// Compiled, never run: bytes of this package are what the functions of a browser take.
import { AgentIdentity } from "trusthandoff";

const identity = AgentIdentity.generate();
const digest: Promise<ArrayBuffer> = crypto.subtle.digest("SHA-256", identity.publicKey);
const body = new Blob([identity.publicKey]);
const { publicKey } = await identity.toCryptoKey();
const exported: Promise<ArrayBuffer> = crypto.subtle.exportKey("raw", publicKey as CryptoKey);

export { body, digest, exported };
