"""Seeded random material for signed objects: plain Python values, no import of the reference.

Everything drawn here is inside what both sides promise to carry: well-formed Unicode, finite numbers, times with an offset
and between 1971 and 9997, nesting below 128. What the package refuses by rule is made in `stricter.py`.
"""

import math
import struct
from datetime import datetime, timedelta, timezone

# One entry for each rule by which the two signed forms differ, or a JavaScript string differs from UTF-8.
ALPHABETS = (
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 .,-_:",
    "\"\\/<>&'`",
    "".join(map(chr, range(0x20))) + "\x7f\x80\x9f",
    "éßñüÅİıſ",
    "e\u0301\u212b\u1e9b\u0323\ufb01",
    "\u2028\u2029\u200b\u200d\u202e\ufeff\u00ad",
    "中文字한국日本",
    "\ud7ff\ue000\uf8ff\ufdd0\ufffd\ufffe\uffff",
    "😀🇫🇷𝔘𐀀\U0001f9d1\U000e0001\U0010ffff\U0001ffff",
)
KEYS = (
    "",
    "a",
    "A",
    "aa",
    "company",
    "é",
    "e\u0301",
    "\uffff",
    "😀",
    "__proto__",
    "constructor",
    "toString",
    "0",
    "10",
    "9",
    "-0",
    "key with space",
    "\x7f",
    "\u2028",
)
FLOATS = (
    0.0,
    -0.0,
    1.0,
    -1.0,
    100.0,
    0.1,
    0.2,
    1e-4,
    1e-5,
    1e-6,
    1e-7,
    1.5e-7,
    1e-10,
    123456.789,
    1e15,
    1e16,
    1.5e16,
    9007199254740993.0,
    123456789012345680.0,
    1e21,
    1e22,
    1e23,
    5e-324,
    2.2250738585072014e-308,
    1.7976931348623157e308,
    -1e100,
)
INTEGERS = (
    0,
    1,
    -1,
    2**31,
    2**53 - 1,
    2**53,
    2**53 + 1,
    -(2**53),
    2**63 - 1,
    2**63,
    2**64,
    -(2**64),
    2**128 - 1,
    10**299,
    -(10**300) + 1,
)
MINUTE = timedelta(minutes=1)


def text(rng, longest=24):
    alphabets = rng.sample(ALPHABETS, rng.randint(1, 3)) if rng.random() < 0.5 else (ALPHABETS[0],)
    return "".join(rng.choice(rng.choice(alphabets)) for _ in range(rng.randint(0, longest)))


def integer(rng):
    pick = rng.random()
    if pick < 0.5:
        return rng.randint(-1000, 100000)
    if pick < 0.8:
        return rng.choice(INTEGERS)
    return rng.choice((1, -1)) * rng.randrange(10 ** rng.randint(1, 300))


def floating(rng, largest=math.inf):
    """A finite float of magnitude below `largest`: notable ones, short decimals and random bit patterns."""
    while True:
        pick = rng.random()
        if pick < 0.4:
            value = rng.choice(FLOATS)
        elif pick < 0.6:
            value = rng.randint(-(10**6), 10**6) / 10 ** rng.randint(0, 9)
        elif pick < 0.7:
            # Two decimals are equally near and equally short: 1903490103940804.25 is signed as ….2, never as ….3.
            value = rng.randrange(2**51, 2**53) / rng.choice((2.0, 4.0, 8.0))
        else:
            value = struct.unpack("<d", rng.randbytes(8))[0]
        if math.isfinite(value) and abs(value) < largest:
            return value


def scalar(rng, largest=math.inf):
    draw = rng.random()
    if draw < 0.1:
        return None
    if draw < 0.2:
        return rng.random() < 0.5
    if draw < 0.45:
        return integer(rng)
    if draw < 0.7:
        return floating(rng, largest) if largest > 0 else integer(rng)
    return text(rng)


def value(rng, depth=4, largest=math.inf):
    draw = rng.random()
    if depth == 0 or draw < 0.6:
        return scalar(rng, largest)
    if draw < 0.78:
        return [value(rng, depth - 1, largest) for _ in range(rng.randint(0, 4))]
    return mapping(rng, depth - 1, largest)


def mapping(rng, depth=4, largest=math.inf, most=5):
    keys = {rng.choice(KEYS) if rng.random() < 0.4 else text(rng, 10) for _ in range(rng.randint(0, most))}
    return {key: value(rng, depth, largest) for key in sorted(keys)}


def nested(rng, levels, largest=math.inf):
    """Arrays and objects inside each other, `levels` deep."""
    core = scalar(rng, largest)
    for _ in range(levels):
        core = [core] if rng.random() < 0.5 else {rng.choice(KEYS): core}
    return core


def shuffled(rng, item):
    """The same value with object keys in random order at every depth."""
    if isinstance(item, dict):
        keys = list(item)
        rng.shuffle(keys)
        return {key: shuffled(rng, item[key]) for key in keys}
    if isinstance(item, list):
        return [shuffled(rng, entry) for entry in item]
    return item


def context(rng, largest=math.inf):
    """Mostly in key order: 0.3.3 signs in arrival order and its own wire sorts, so it loses every other one."""
    drawn = mapping(rng, rng.randint(0, 5), largest, most=7)
    if rng.random() < 0.04:
        drawn["nested"] = nested(rng, rng.randint(60, 100), largest)
        drawn = dict(sorted(drawn.items()))
    return shuffled(rng, drawn) if rng.random() < 0.25 else drawn


def offset(rng):
    if rng.random() < 0.5:
        return timezone.utc
    return timezone(rng.choice((0, 60, -480, 330, 345, -30, -1, 1, 1439, -1439, rng.randint(-1439, 1439))) * MINUTE)


def moment(rng, first=1971, last=9997):
    micro = rng.choice((0, 0, 120000, 1, 999999, rng.randrange(10**6)))
    return datetime(
        rng.randint(first, last),
        rng.randint(1, 12),
        rng.randint(1, 28),
        rng.randrange(24),
        rng.randrange(60),
        rng.randrange(60),
        micro,
        tzinfo=offset(rng),
    )


def optional(rng, draw):
    return draw(rng) if rng.random() < 0.5 else None


def texts(rng, most=4):
    return [text(rng) for _ in range(rng.randint(0, most))]


def permissions(rng):
    return {"allowed_actions": texts(rng), "max_tool_calls": optional(rng, integer)}


def constraints(rng):
    return {
        "max_runtime_seconds": optional(rng, integer),
        "data_boundary": optional(rng, text),
        "requires_human_review": rng.choice((True, False, None)),
    }


def lifetime(rng):
    """risk_level, ttl_seconds, issued_at and expires_at, in every combination that the reference accepts."""
    issued_at = moment(rng)
    risk_level = rng.choice((None, None, "read", "write"))
    ttl_seconds = rng.choice((None, None, 1, 60, 120, 900, 86400, rng.randint(1, 10**6)))
    ttl = ttl_seconds or {"write": 120, "read": 900}[risk_level or "read"]
    if risk_level is None and ttl_seconds is None:
        last = datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=timezone.utc)
        expires_at = rng.choice((None, moment(rng), last, issued_at + timedelta(seconds=ttl)))
    else:
        # The reference compares moments, so the expiry may stand in another offset than the issue.
        due = issued_at + timedelta(seconds=ttl)
        expires_at = rng.choice((None, due, due.astimezone(offset(rng))))
    return {"issued_at": issued_at, "expires_at": expires_at, "risk_level": risk_level, "ttl_seconds": ttl_seconds}


def packet(rng):
    """Fields of a packet, without identity, algorithm and signature."""
    drawn = {
        "packet_id": text(rng),
        "task_id": text(rng),
        "to_agent": text(rng),
        "nonce": text(rng, 40),
        "intent": text(rng, 80),
        "capability_token": optional(rng, text),
        "task_type": optional(rng, text),
        "goal": optional(rng, text),
        "context": context(rng),
        "memory_refs": texts(rng),
        "permissions": permissions(rng),
        "constraints": optional(rng, constraints),
        "provenance": optional(
            rng, lambda r: {"origin_workflow": optional(r, text), "delegation_depth": optional(r, integer)}
        ),
        "ai_provenance": optional(
            rng, lambda r: dict(sorted({**mapping(r), "source": text(r)}.items())) if r.random() < 0.8 else context(r)
        ),
        **lifetime(rng),
    }
    # A field left out by the caller takes the reference's default.
    for name in (
        "capability_token",
        "task_type",
        "goal",
        "context",
        "memory_refs",
        "constraints",
        "provenance",
        "ai_provenance",
    ):
        if rng.random() < 0.1:
            del drawn[name]
    return drawn


def chain(rng, packet_id, from_agent):
    hops = [{"agent_id": text(rng), "delegated_permissions": permissions(rng)} for _ in range(rng.choice((0, 0, 1, 3)))]
    if rng.random() < 0.7:
        return {"packet_ids": [packet_id], "agents": [from_agent], "hops": hops}
    return {"packet_ids": texts(rng), "agents": texts(rng), "hops": hops}


def capability(rng):
    """Fields of a capability, without algorithm, key and signature."""
    drawn = {
        "capability_id": text(rng),
        "issuer_agent": text(rng),
        "subject_agent": text(rng),
        "delegated_permissions": permissions(rng),
        "constraints": optional(rng, constraints),
        "issued_at": moment(rng),
        "expires_at": moment(rng),
        "parent_capability_id": optional(rng, text),
    }
    for name in ("constraints", "parent_capability_id"):
        if rng.random() < 0.1:
            del drawn[name]
    return drawn


def outcome(rng):
    """A result or a reason of an attestation: an object without floats and without the reserved keys."""
    drawn = mapping(rng, rng.randint(0, 4), largest=0)
    if rng.random() < 0.04:
        drawn["nested"] = nested(rng, rng.randint(60, 99), largest=0)
    return drawn if rng.random() < 0.5 else shuffled(rng, drawn)


def attestation(rng):
    """Arguments of create_attestation, without the identity."""
    return {
        "packet_id": text(rng),
        "result": outcome(rng),
        "reason": optional(rng, outcome),
        "status": rng.choice(("OK", "ERROR", "PARTIAL", "REJECTED", "TIMEOUT")),
        "nonce": rng.choice((0, 1, 2**53 + 1, 2**64, 2**128 - 1, rng.getrandbits(128), rng.getrandbits(128))),
        "timestamp_ms": rng.choice(
            (
                1577836800000,
                1772971200000,
                2**63,
                rng.randint(1577836800000, 2**53),
                rng.randint(1577836800000, 4102444800000),
            )
        ),
    }
