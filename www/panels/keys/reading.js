/** A pasted or opened key, whichever of the usual spellings it has. The core judges it; here it is only told which it is. */
import { AgentIdentity } from "trusthandoff/slim";
import { publicOnly } from "../../ui/keyring.js";

const RAW_BYTES = 32;

/**
 * What `text` is: `{ identity, secret, raw }`, where `secret` says whether the private half is in it, and `raw` whether it was 32 bytes
 * alone, which say nothing of which half they are: `rawIsPrivate` decides. Throws one line.
 */
export function readKey(text, { rawIsPrivate = false } = {}) {
  const given = text.replaceAll("\r\n", "\n").trim();
  if (given.startsWith("-----BEGIN PRIVATE KEY-----"))
    return { identity: AgentIdentity.fromPrivateKeyPem(`${given}\n`), secret: true, raw: false };
  if (given.startsWith("-----")) return { identity: publicOnly(`${given}\n`), secret: false, raw: false };
  if (given.startsWith("{")) return readJwk(given);
  const bytes = rawBytes(given);
  if (bytes === null) throw new Error("This is no key: neither PEM, nor a JWK, nor the base64 of 32 bytes.");
  const identity = rawIsPrivate ? AgentIdentity.fromPrivateKey(bytes) : publicOnly(bytes);
  return { identity, secret: rawIsPrivate, raw: true };
}

export function base64(bytes) {
  return btoa(String.fromCharCode(...bytes));
}

function readJwk(text) {
  let jwk;
  try {
    jwk = JSON.parse(text);
  } catch {
    throw new Error("This begins like a JWK and is no JSON.");
  }
  if (jwk.d !== undefined) return { identity: AgentIdentity.fromJwk(jwk), secret: true, raw: false };
  return { identity: publicOnly(jwk), secret: false, raw: false };
}

/** Standard or url-safe, with or without padding: 32 bytes, or null. */
function rawBytes(text) {
  if (!/^[A-Za-z0-9+/_-]+=?$/.test(text)) return null;
  try {
    const bytes = Uint8Array.from(atob(text.replace("=", "").replaceAll("-", "+").replaceAll("_", "/")), (character) =>
      character.charCodeAt(0),
    );
    return bytes.length === RAW_BYTES ? bytes : null;
  } catch {
    return null;
  }
}
