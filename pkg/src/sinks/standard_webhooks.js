/**
 * Signatures of webhooks as Standard Webhooks 1.0.0 describes them (https://www.standardwebhooks.com): `v1`, HMAC with SHA-256 over
 * the id, the time of the attempt in seconds, and the body. A receiver uses any library for these.
 */
import { configInvalid } from "../errors.js";

const PREFIX = "whsec_";

/** No id holds a full stop: it stands between what is signed. */
const ID = /^[\w-]{1,128}$/;

/** @param secret `whsec_` and the base64 of 24 to 64 bytes; an array of these where one takes another's place */
export function webhookSigner(secret) {
  if (secret === undefined) return async () => ({});
  const secrets = (Array.isArray(secret) ? [...secret] : [secret]).map(bytesOf);
  if (secrets.length === 0 || secrets.length > 8) throw configInvalid("`secret` must be a secret, or an array of 1 to 8", "secret");
  const { subtle } = globalThis.crypto ?? {};
  if (subtle === undefined) throw configInvalid("webhooks are signed with WebCrypto, which is not there", "secret");
  const keys = secrets.map((bytes) => {
    const key = subtle.importKey("raw", bytes, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
    key.catch(() => {});
    return key;
  });
  return async (eventId, body) => {
    const id = await idOf(subtle, eventId);
    const timestamp = String(Math.floor(Date.now() / 1000));
    const content = new TextEncoder().encode(`${id}.${timestamp}.${body}`);
    const signatures = await Promise.all(keys.map(async (key) => `v1,${base64(await subtle.sign("HMAC", await key, content))}`));
    return { "webhook-id": id, "webhook-timestamp": timestamp, "webhook-signature": signatures.join(" ") };
  };
}

function bytesOf(secret) {
  const wrong = () => configInvalid("`secret` must be `whsec_` and the base64 of 24 to 64 bytes", "secret");
  if (typeof secret !== "string") throw wrong();
  let bytes;
  try {
    bytes = Uint8Array.from(atob(secret.startsWith(PREFIX) ? secret.slice(PREFIX.length) : secret), (character) => character.charCodeAt(0));
  } catch {
    throw wrong();
  }
  if (bytes.length < 24 || bytes.length > 64) throw wrong();
  return bytes;
}

/** The event's own id, or where that cannot stand in a header its hash: the same at each attempt. */
async function idOf(subtle, eventId) {
  const text = String(eventId);
  if (ID.test(text)) return text;
  const hash = new Uint8Array(await subtle.digest("SHA-256", new TextEncoder().encode(text)));
  return `msg_${Array.from(hash, (byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}

function base64(buffer) {
  return btoa(String.fromCharCode(...new Uint8Array(buffer)));
}
