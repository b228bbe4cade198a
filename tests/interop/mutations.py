"""Seeded changes to a signed wire text: forgeries, corruptions and re-spellings.

A mutation is a function of (rng, text) that gives the new text, or None where it does not apply. `HARMLESS` ones must
leave the verdict what it was, on both sides: they change spelling where JSON or the protocol leave it free. Under all
others one law holds: what the package calls valid, the reference verifies.
"""

import json
import re

import random_objects as draw

DATETIME = re.compile(r'"(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(\.\d+)?(Z|[+-]\d\d:\d\d)"')
INTEGER = re.compile(r"(?<=: )-?\d+(?=[,}])")
PRINTABLE = "".join(map(chr, range(0x20, 0x7F)))


def spots(item, path=()):
    """Every path into a parsed value, the objects themselves included."""
    yield path
    if isinstance(item, dict):
        for key in item:
            yield from spots(item[key], path + (key,))
    elif isinstance(item, list):
        for index, entry in enumerate(item):
            yield from spots(entry, path + (index,))


def edited(change):
    """A mutation of one random spot of the parsed text: `change(rng, parent, key)` edits in place."""

    def mutate(rng, text):
        root = json.loads(text)
        places = [path for path in spots(root) if path]
        for _ in range(40):
            path = rng.choice(places)
            parent = root
            for step in path[:-1]:
                parent = parent[step]
            if change(rng, parent, path[-1]) is not False:
                return json.dumps(root, sort_keys=True)
        return None

    return mutate


def change_value(rng, parent, key):
    old = parent[key]
    if isinstance(old, bool) or old is None:
        parent[key] = rng.choice((True, False, None, 0, ""))
    elif isinstance(old, int):
        parent[key] = rng.choice((old + 1, -old, old * 10, str(old), float(old) if abs(old) < 1e15 else None))
    elif isinstance(old, float):
        parent[key] = rng.choice((-old, old * 2, old / 3, str(old), None))
    elif isinstance(old, str):
        parent[key] = rng.choice((old + "x", old[1:], old.upper(), draw.text(rng), old + "\u0000", " " + old, None, 0, [old]))
    else:
        parent[key] = rng.choice((None, [], {}, draw.value(rng)))


def delete_spot(rng, parent, key):
    del parent[key]


def add_key(rng, parent, key):
    if not isinstance(parent, dict):
        return False
    parent[rng.choice(("is_admin", "proof", "__proto__", "signature2", "human_approval", "type"))] = rng.choice((True, None, {}, "x"))


def coerce(rng, parent, key):
    """Spellings that pydantic's lax mode takes for the same value."""
    old = parent[key]
    if isinstance(old, bool):
        parent[key] = rng.choice((int(old), float(old), str(old).lower(), "yes" if old else "no"))
    elif isinstance(old, int):
        parent[key] = rng.choice((str(old), f" {old} ", f"0{old}", bool(old), float(old) if abs(old) < 1e15 else str(old)))
    else:
        return False


def reverse_list(rng, parent, key):
    if not isinstance(parent[key], list) or len(parent[key]) < 2:
        return False
    parent[key].reverse()


def swap_siblings(rng, parent, key):
    if not isinstance(parent, dict) or len(parent) < 2:
        return False
    other = rng.choice([name for name in parent if name != key])
    parent[key], parent[other] = parent[other], parent[key]


def flip_character(rng, text):
    at = rng.randrange(len(text))
    return text[:at] + rng.choice(PRINTABLE) + text[at + 1 :]


def flip_bit(rng, text):
    at = rng.randrange(len(text))
    return text[:at] + chr(ord(text[at]) ^ 1 << rng.randrange(7)) + text[at + 1 :]


def drop_character(rng, text):
    at = rng.randrange(len(text))
    return text[:at] + text[at + 1 :]


def repeat_part(rng, text):
    start = rng.randrange(len(text))
    end = min(len(text), start + rng.randint(1, 20))
    return text[:end] + text[start:]


def cut_short(rng, text):
    return text[: rng.randrange(len(text))]


def trailing_junk(rng, text):
    return text + rng.choice(("x", "}", "{}", "\u0000", "\ufeff", " null", ","))


def leading_junk(rng, text):
    return rng.choice(("\ufeff", "\u00a0", "\u0000", ")]}'\n")) + text


def substituted(pattern, spell):
    """A mutation of one random match of a pattern."""

    def mutate(rng, text):
        found = list(pattern.finditer(text))
        if not found:
            return None
        match = rng.choice(found)
        return text[: match.start()] + spell(rng, match) + text[match.end() :]

    return mutate


def spell_datetime(rng, match):
    date, time, fraction, zone = match[1], match[2], match[3] or "", match[4]
    return rng.choice((
        f'"{date} {time}{fraction}{zone}"', f'"{date}t{time}{fraction}{zone}"', f'"{date}_{time}{fraction}{zone}"',
        f'"{date}T{time}{fraction}z"', f'"{date}T{time}{fraction or "."}0000000{zone}"', f'"{date}T{time}{fraction}{zone.replace(":", "")}"',
        f'"{date}T{time[:5]}{zone}"', f'"{date}T{time}{fraction}"', f'"{date}"', f'"{date}T{time},5{zone}"', "1772971200", '"1772971200"', "1772971200000.0",
        f'"{date}T{time}{fraction}+00:00"', f'"{date}T{time}{fraction}-00:00"', f'"{date}T24:00:00{zone}"', f'" {date}T{time}{fraction}{zone}"',
    ))


def spell_integer(rng, match):
    digits = match[0]
    return rng.choice((digits + ".0", digits + "e0", digits + "E+00", "-0" if digits == "0" else "-" + digits, "+" + digits, "0" + digits, digits + "_0", "NaN", "1e400", "-Infinity", digits * 300))


def spell_signature(rng, match):
    value = match[2]
    bare = value.rstrip("=")
    at = rng.randrange(len(bare))
    last = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".find(bare[-1])
    spare = bare[:-1] + ("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"[last ^ 1] if last >= 0 else "A")
    value = rng.choice((
        value + "=", value + "====", bare, bare + "=", value[:at] + "\\n" + value[at:], value[:at] + "!" + value[at:], value + "AAAA", spare + "=" * (len(value) - len(bare)),
        value.replace("+", "-").replace("/", "_"), value.replace("-", "+").replace("_", "/"), value.swapcase(), value[:-4], "", "A" * len(bare) + value[len(bare) :],
    ))
    return match[1] + value + '"'


def spell_key(rng, match):
    pem = match[2]
    pem = rng.choice((
        pem.replace("\\n", "\\r\\n"), pem.removesuffix("\\n"), pem + "\\n", "\\n" + pem, "text\\n" + pem, pem + "text", pem + pem, pem.replace("VwAyEA", "VwAy\\nEA"),
        pem.replace("PUBLIC KEY", "PRIVATE KEY"), pem.replace("-----BEGIN", "---- BEGIN"), pem.replace("MCow", " MCow"), pem.replace("=\\n-----END", "\\n-----END"), "",
        # The neutral element: under a lax verifier one signature would fit every message.
        "-----BEGIN PUBLIC KEY-----\\nMCowBQYDK2VwAyEAAQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\\n-----END PUBLIC KEY-----\\n",
    ))
    return match[1] + pem + '"'


def duplicate_key(rng, text):
    """A second `intent` (or other key) that a first-wins reader sees and a last-wins reader does not, or the other way round."""
    found = list(re.finditer(r'([{,]) ?("(?:[^"\\]|\\.)*"): ', text))
    if not found:
        return None
    match = rng.choice(found)
    return text[: match.end(1)] + match[2] + ": " + rng.choice(('"delete_all"', "null", "{}", "0")) + "," + text[match.end(1) :]


def swap_signature_of(rng, text):
    """Sender, key or algorithm of somebody else under the old signature."""
    root = json.loads(text)
    signed = root.get("packet", root)
    name = rng.choice([name for name in ("from_agent", "to_agent", "public_key", "signature_algo", "signed_by", "issuer_agent", "agent_pubkey_fingerprint", "risk_level", "ttl_seconds") if name in signed] or ["signature"])
    signed[name] = rng.choice(("none", "HS256", "ed25519", "agent:ceo", "read", "write", 900, "0" * 64, None))
    return json.dumps(root, sort_keys=True)


def without_spaces(rng, text):
    return json.dumps(json.loads(text), separators=(",", ":"))


def indented(rng, text):
    return "\n\t " + json.dumps(json.loads(text), indent=rng.choice((1, 2, "\t"))) + "\r\n "


def raw_characters(rng, text):
    return json.dumps(json.loads(text), ensure_ascii=False)


def escaped_characters(rng, text):
    """Every letter of every string, keys too, as an escape, the digits in either case."""

    def escape(match):
        return "".join(part if part.startswith("\\") else rng.choice(("\\u%04x", "\\u%04X")) % ord(part) for part in re.findall(r"\\u....|\\.|.", match[1])).join('""')

    return re.sub(r'"((?:[^"\\]|\\.)*)"', escape, text)


HARMLESS = {"without_spaces": without_spaces, "indented": indented, "raw_characters": raw_characters, "escaped_characters": escaped_characters}
MUTATIONS = {
    "change_value": edited(change_value), "delete_spot": edited(delete_spot), "add_key": edited(add_key), "coerce": edited(coerce),
    "reverse_list": edited(reverse_list), "swap_siblings": edited(swap_siblings),
    "flip_character": flip_character, "flip_bit": flip_bit, "drop_character": drop_character, "repeat_part": repeat_part, "cut_short": cut_short,
    "trailing_junk": trailing_junk, "leading_junk": leading_junk, "duplicate_key": duplicate_key, "swap_signature_of": swap_signature_of,
    "spell_datetime": substituted(DATETIME, spell_datetime), "spell_integer": substituted(INTEGER, spell_integer),
    "spell_signature": substituted(re.compile(r'("signature": ?")([^"]+)"'), spell_signature), "spell_key": substituted(re.compile(r'("public_key(?:_pem)?": ?")([^"]+)"'), spell_key),
}
