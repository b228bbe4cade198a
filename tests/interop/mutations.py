"""Seeded changes to a signed wire text: forgeries, corruptions and re-spellings.

A mutation is a function of (rng, text) that gives the new text, or None where it does not apply. `HARMLESS` ones must
leave the verdict what it was, on both sides: they change spelling where JSON or the protocol leave it free. Under all
others one law holds: what the package calls valid, the reference verifies.
"""

import base64
import json
import re

import random_objects as draw
import spellings

DEFAULTS = {
    **dict.fromkeys(("expires_at", "capability_token", "task_type", "goal", "constraints", "provenance", "risk_level")),
    **dict.fromkeys(("ttl_seconds", "ai_provenance", "max_tool_calls", "max_runtime_seconds", "data_boundary")),
    **dict.fromkeys(("origin_workflow", "delegation_depth", "parent_capability_id", "reason_hash")),
    **{"context": {}, "memory_refs": [], "allowed_actions": [], "hops": [], "requires_human_review": False},
}
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
        parent[key] = rng.choice(
            (old + "x", old[1:], old.upper(), draw.text(rng), old + "\u0000", " " + old, None, 0, [old])
        )
    else:
        parent[key] = rng.choice((None, [], {}, draw.value(rng)))


def delete_spot(rng, parent, key):
    del parent[key]


def add_key(rng, parent, key):
    if not isinstance(parent, dict):
        return False
    parent[rng.choice(("is_admin", "prove", "__proto__", "signature2", "human_approval", "type"))] = rng.choice(
        (True, None, {}, "x")
    )


def coerce(rng, parent, key):
    """Spellings that pydantic's lax mode takes for the same value."""
    old = parent[key]
    if isinstance(old, bool):
        parent[key] = rng.choice((int(old), float(old), str(old).lower(), "yes" if old else "no"))
    elif isinstance(old, int):
        parent[key] = rng.choice(
            (str(old), f" {old} ", f"0{old}", bool(old), float(old) if abs(old) < 1e15 else str(old))
        )
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


def duplicate_key(rng, text):
    """A second `intent` (or other key) that a first-wins reader sees and a last-wins reader does not, or the other way round."""
    found = list(re.finditer(r'([{,]) ?("(?:[^"\\]|\\.)*"): ', text))
    if not found:
        return None
    match = rng.choice(found)
    return (
        text[: match.end(1)]
        + match[2]
        + ": "
        + rng.choice(('"delete_all"', "null", "{}", "0"))
        + ","
        + text[match.end(1) :]
    )


def swap_signature_of(rng, text):
    """Sender, key or algorithm of somebody else under the old signature."""
    root = json.loads(text)
    signed = root.get("packet", root)
    name = rng.choice(
        [
            name
            for name in (
                "from_agent",
                "to_agent",
                "public_key",
                "signature_algo",
                "signed_by",
                "issuer_agent",
                "agent_pubkey_fingerprint",
                "risk_level",
                "ttl_seconds",
            )
            if name in signed
        ]
        or ["signature"]
    )
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
        return "".join(
            part if part.startswith("\\") else rng.choice(("\\u%04x", "\\u%04X")) % ord(part)
            for part in re.findall(r"\\u....|\\.|.", match[1])
        ).join('""')

    return re.sub(r'"((?:[^"\\]|\\.)*)"', escape, text)


def respelled_floats(rng, text):
    """Floats in other digits of the same value: a wire token is signed as its value's shortest form."""
    tokens = []

    def hold(token):
        tokens.append(token)
        return f"float token {len(tokens) - 1}"

    def spell(match):
        token = tokens[int(match[1])]
        digits, _, exponent = token.lower().partition("e")
        return rng.choice((digits if "." in digits else digits + ".0", digits + ("00" if "." in digits else ".00"))) + (
            rng.choice(("e", "E")) + rng.choice((exponent, exponent.replace("+", "")))
            if exponent
            else rng.choice(("", "e0", "E+00"))
        )

    return re.sub(r'"float token (\d+)"', spell, json.dumps(json.loads(text, parse_float=hold), sort_keys=True))


def without_defaults(rng, text):
    """Optional fields left out where they hold their default: the signed bytes fill them in again."""
    root = json.loads(text)
    signed = root.get("packet") or root.get("attestation") or root
    parts = [signed.get(name) for name in ("permissions", "constraints", "provenance")]
    for fields in (signed, root.get("chain"), *parts):
        for name, default in DEFAULTS.items():
            if fields and name in fields and fields[name] == default and rng.random() < 0.8:
                del fields[name]
    return json.dumps(root, sort_keys=True)


HARMLESS = {
    "without_spaces": without_spaces,
    "indented": indented,
    "raw_characters": raw_characters,
    "escaped_characters": escaped_characters,
    "respelled_floats": respelled_floats,
    "without_defaults": without_defaults,
}
MUTATIONS = {
    "change_value": edited(change_value),
    "delete_spot": edited(delete_spot),
    "add_key": edited(add_key),
    "coerce": edited(coerce),
    "reverse_list": edited(reverse_list),
    "swap_siblings": edited(swap_siblings),
    "flip_character": flip_character,
    "flip_bit": flip_bit,
    "drop_character": drop_character,
    "repeat_part": repeat_part,
    "cut_short": cut_short,
    "trailing_junk": trailing_junk,
    "leading_junk": leading_junk,
    "duplicate_key": duplicate_key,
    "swap_signature_of": swap_signature_of,
    **spellings.SPELLINGS,
}


def mutated_token(rng, token):
    """Half of the changes happen to the JSON inside, half to the encoding around it."""
    inner = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)).decode()
    pick = rng.random()
    if pick < 0.25:
        return "flip_character", flip_character(rng, token)
    if pick < 0.5:
        at = rng.randrange(len(token))
        return "token_spelling", rng.choice(
            (
                token + "=",
                token + "A",
                token[:at] + "\n" + token[at:],
                token[:at] + "!" + token[at:],
                " " + token,
                token.replace("-", "+").replace("_", "/"),
                token[:-1],
            )
        )
    name, mutate = rng.choice(list((MUTATIONS | HARMLESS).items()))
    spaced = json.dumps(json.loads(inner), sort_keys=True)
    changed = mutate(rng, spaced)
    if changed is None:
        return name, None
    try:
        # Back to the reference's own spelling where the change left JSON intact, so that the signature decides.
        changed = (
            json.dumps(json.loads(changed), sort_keys=True, separators=(",", ":")) if rng.random() < 0.7 else changed
        )
    except ValueError:
        pass
    return name, base64.urlsafe_b64encode(changed.encode("utf-8", "replace")).decode().rstrip("=")
