/** The texts of the signed objects within a text: each as it stands there, of a token the JSON inside. */
import { locate } from "./walk.js";

/** The JSON inside a capability token; null where it is no base64url of UTF-8. */
export function insideToken(token) {
  if (!/^[\w-]+$/.test(token)) return null;
  try {
    const binary = atob(token.replaceAll("-", "+").replaceAll("_", "/"));
    return new TextDecoder("utf-8", { fatal: true }).decode(Uint8Array.from(binary, (character) => character.charCodeAt(0)));
  } catch {
    return null;
  }
}

/** The text of the part at the pointer `at`: `{ text, start }`. `start` is its place in the whole one, null for the inside of a token. */
export function textOfPart(whole, { at, kind }) {
  const place = at === "" ? { start: 0, end: whole.length } : locate(whole, at);
  if (place === null) return null;
  const text = whole.slice(place.start, place.end);
  if (kind !== "capability_token") return { text, start: place.start };
  const inside = insideToken(at === "" ? text.trim() : text.slice(1, -1));
  return inside === null ? { text, start: place.start } : { text: inside, start: null };
}
