import { CanonicalizationError, configInvalid, PayloadValidationError } from "./errors.js";
import { className, isObject, typeName, wellFormed } from "./text.js";

/** Deeper than any object the core takes; ends a cycle before the stack does. */
const MAX_COPY_DEPTH = 256;

/**
 * A deep copy of plain data with every property read exactly once, so that no getter or Proxy can show one value to a
 * check and another to the signature (catalogue W8), and no host code runs while the core works.
 *
 * Members that are `undefined` count as absent. Anything that JSON has no word for is refused with its JSON pointer.
 */
export function copyPlain(value, pointer = "", depth = 0) {
  if (value === null || typeof value === "boolean" || typeof value === "number" || typeof value === "bigint") return value;
  if (typeof value === "string") return wellFormed(value, "a text", pointer);
  if (depth > MAX_COPY_DEPTH) {
    throw new CanonicalizationError("nesting_too_deep", "the value nests too deeply or contains itself", { field: pointer.slice(0, 64) });
  }
  if (Array.isArray(value)) return Array.from(value, (item, index) => copyPlain(item, `${pointer}/${index}`, depth + 1));
  if (!isPlain(value)) {
    throw new PayloadValidationError("type_mismatch", `\`${pointer || "/"}\` is ${kindOf(value)}, which JSON cannot carry`, { field: pointer });
  }
  const copy = Object.create(null);
  for (const key of Object.keys(value)) {
    const at = `${pointer}/${escapePointer(key)}`;
    wellFormed(key, "a key", pointer);
    const member = value[key];
    if (member !== undefined) copy[key] = copyPlain(member, at, depth + 1);
  }
  return copy;
}

/**
 * Reads the named options of `given` once each and refuses names that are not options: a misspelt security option must
 * not pass as its default.
 *
 * Own members only. What some other code left on `Object.prototype` (prototype pollution) is nobody's choice, and an
 * option inherited from elsewhere would be dropped without a word, so only plain objects are taken.
 *
 * @param {string[]} names
 */
export function readOptions(given, names, what) {
  if (given === undefined) return Object.create(null);
  if (!isPlain(given)) throw configInvalid(`the options of ${what} must be a plain object, not ${kindOf(given)}`);
  const unknown = Object.keys(given).find((name) => !names.includes(name));
  if (unknown !== undefined) {
    const known = names.length === 0 ? "it has none" : `known are ${names.join(", ")}`;
    throw configInvalid(`\`${unknown}\` is not an option of ${what}; ${known}`, unknown);
  }
  const options = Object.create(null);
  for (const name of names) {
    const value = ownMember(given, name);
    if (value !== undefined) options[name] = value;
  }
  return options;
}

/** A member that the object itself has; undefined where it only inherits one. */
export function ownMember(object, name) {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}

/** A member of an instance or of its classes, but not of `Object.prototype`, where anybody may have put it. */
export function member(object, name) {
  for (let holder = object; holder !== null; holder = Object.getPrototypeOf(holder)) {
    if (Object.hasOwn(holder, name)) return holder === object || Object.getPrototypeOf(holder) !== null ? object[name] : undefined;
  }
  return undefined;
}

export function freezeDeep(value) {
  if (!isObject(value) || Object.isFrozen(value)) return value;
  for (const key of Object.keys(value)) freezeDeep(value[key]);
  return Object.freeze(value);
}

/** Plain also across realms: the prototype is null or has none itself. */
export function isPlain(value) {
  if (!isObject(value) || Array.isArray(value)) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

function kindOf(value) {
  const name = className(value) ?? "";
  return ["", "Object", "Array", "Promise"].includes(name) ? typeName(value) : `${/^[AEIOU]/.test(name) ? "an" : "a"} ${name}`;
}

function escapePointer(key) {
  return key.replaceAll("~", "~0").replaceAll("/", "~1");
}
