"""Objects that the reference verifies and the package refuses on purpose, each with the code of the rule that refuses it.

They are the only ways in which the two may differ. A case whose making the release itself refuses (0.3.3 cannot sign an
unpaired surrogate) is left out for that release.
"""

import base64
import json
from datetime import datetime, timezone

import random_objects as draw
from objects import (
    IDENTITIES,
    attestation_text,
    create_attestation,
    encode_capability_token,
    envelope_text,
    signed_capability,
    signed_packet,
)

NEUTRAL_KEY = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAAQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n-----END PUBLIC KEY-----\n"
NEUTRAL_SIGNATURE = base64.b64encode(b"\x01" + bytes(63)).decode()
# No keys whose order 0.3.3 could lose on its own wire.
PLAIN = {"context": {}, "ai_provenance": None}


def lasting(issued_at, **fields):
    return {"issued_at": issued_at, "expires_at": None, "risk_level": None, "ttl_seconds": None, **fields}


def signed_differently(rng):
    """name, code and the fields that the signer signs as they are."""
    naive = draw.moment(rng).replace(tzinfo=None)
    return (
        ("no offset", "datetime_naive", lasting(naive)),
        ("no offset in expiry", "datetime_naive", lasting(draw.moment(rng), expires_at=naive)),
        (
            "issued too early",
            "datetime_out_of_range",
            lasting(datetime(rng.choice((1, 1600, 1969)), 6, 1, tzinfo=timezone.utc)),
        ),
        ("ttl of nothing", "ttl_invalid", lasting(draw.moment(rng), ttl_seconds=rng.choice((0, -1, -5)))),
        ("not a number", "malformed_json", {"context": {"n": rng.choice((float("nan"), float("inf"), float("-inf")))}}),
        ("too deep", "nesting_too_deep", {"context": {"deep": draw.nested(rng, rng.randint(130, 240), 0)}}),
        ("integer too long", "number_too_large", {"context": {"n": 10 ** rng.randint(308, 4000)}}),
        (
            "unpaired surrogate",
            "invalid_unicode",
            {"context": {"s": rng.choice(("\ud800", "a\udfff", "\udc00\ud800"))}},
        ),
        ("too large", "input_too_large", {"context": {"s": "x" * 1_100_000}}),
        (
            "algorithm",
            "unsupported_algorithm",
            {"signature_algo": rng.choice(("none", "HS256", "ed25519", "EdDSA", ""))},
        ),
    )


def respelled(rng, text):
    """name, code and the same signed content in another spelling."""

    def packet(**changes):
        root = json.loads(text)
        root["packet"].update(changes)
        return json.dumps(root, sort_keys=True)

    now = json.loads(text)["packet"]
    other_issue = rng.choice(
        (
            now["issued_at"].replace("T", " "),
            now["issued_at"].replace("T", "t"),
            now["issued_at"].replace("+00:00", "z"),
            now["issued_at"].replace("+00:00", "+0000"),
        )
    )
    whole = '"allowed_actions": ["read"], "max_tool_calls": '
    return (
        ("unknown key", "unknown_field", packet(is_admin=True)),
        ("unknown key inside", "unknown_field", packet(permissions={**now["permissions"], "sudo": 1})),
        ("duplicate key", "duplicate_key", text.replace('"intent": ', '"intent": "delete_all", "intent": ')),
        ("duplicate key inside", "duplicate_key", text.replace(whole, '"max_tool_calls": 9, ' + whole)),
        (
            "integer as text",
            "type_mismatch",
            text.replace(whole + "1", whole + rng.choice(('"1"', '" 1 "', "1.0", "true", "1e0"))),
        ),
        ("another time spelling", "datetime_noncanonical", packet(issued_at=other_issue)),
        ("minus zero", "number_noncanonical", text.replace('"zero": 0', '"zero": -0')),
        ("null as 1e400", "number_not_finite", text.replace('"nothing": null', '"nothing": 1e400')),
        (
            "signature with a line break",
            "signature_encoding_invalid",
            packet(signature=now["signature"][:40] + "\n" + now["signature"][40:]),
        ),
        ("signature with more behind it", "signature_encoding_invalid", packet(signature=now["signature"] + "AAAA")),
    )


def cases(rng):
    """Yields (name, code, kind, text)."""
    identity = rng.choice(IDENTITIES)

    for name, code, fields in signed_differently(rng):
        whole = {**draw.packet(rng), **PLAIN, **fields}
        try:
            text = envelope_text(signed_packet(whole, identity))
        except Exception:
            # Only 0.3.3, and only here: it cannot write such a string as UTF-8.
            if code != "invalid_unicode":
                raise
            continue
        yield name, code, "envelope", text

    plain = {
        **draw.packet(rng),
        **lasting(draw.moment(rng).astimezone(timezone.utc)),
        **PLAIN,
        "context": {"nothing": None, "zero": 0},
        "permissions": {"allowed_actions": ["read"], "max_tool_calls": 1},
    }
    genuine = envelope_text(signed_packet(plain, identity))
    for name, code, text in respelled(rng, genuine):
        yield name, code, "envelope", text

    for name, pem in (
        ("key with other line ends", identity.public_key_pem.replace("\n", "\r\n")),
        ("key with text around it", "x\n" + identity.public_key_pem),
        ("key without its last line end", identity.public_key_pem.rstrip()),
    ):
        yield (
            name,
            "public_key_encoding_invalid",
            "envelope",
            envelope_text(signed_packet(plain, identity, public_key=pem)),
        )
    weak = json.loads(envelope_text(signed_packet(plain, identity, public_key=NEUTRAL_KEY)))
    weak["packet"]["signature"] = NEUTRAL_SIGNATURE
    yield "neutral key", "weak_public_key", "envelope", json.dumps(weak)

    fields = {**draw.capability(rng), "issued_at": draw.moment(rng), "expires_at": draw.moment(rng)}
    token = encode_capability_token(signed_capability(fields, identity))
    yield "token with a line break", "token_noncanonical", "capability_token", token[:48] + "\n\n\n\n" + token[48:]
    yield "token with padding", "token_noncanonical", "capability_token", token + "=" * (-len(token) % 4 or 4)
    inner = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    yield (
        "token in another order",
        "token_noncanonical",
        "capability_token",
        encoded(draw.shuffled(rng, inner), rng.choice((None, 1))),
    )
    yield "token with an unknown key", "unknown_field", "capability_token", encoded({**inner, "zz": 1})
    for name, code, changes in (
        ("algorithm of a token", "unsupported_algorithm", {"signature_algo": "none"}),
        ("token time without offset", "datetime_naive", {"expires_at": fields["expires_at"].replace(tzinfo=None)}),
        ("token too large", "input_too_large", {"delegated_permissions": {"allowed_actions": ["x" * 70_000]}}),
    ):
        yield (
            name,
            code,
            "capability_token",
            encode_capability_token(signed_capability({**fields, **changes}, identity)),
        )

    fields = draw.attestation(rng)
    attestation = create_attestation(identity=identity, **fields)
    text = attestation_text(
        attestation, fields["result"], fields["reason"], identity.public_key_pem, fields["timestamp_ms"]
    )
    for name, code, changes in (
        ("nonce as text", "type_mismatch", {"nonce": str(attestation.nonce)}),
        (
            "attestation signature with a line break",
            "signature_encoding_invalid",
            {"signature": "\n\n\n\n" + attestation.signature},
        ),
        (
            "attestation signature with padding",
            "signature_encoding_invalid",
            {"signature": attestation.signature + "=="},
        ),
    ):
        root = json.loads(text)
        root["attestation"].update(changes)
        yield name, code, "attestation", json.dumps(root)


def encoded(inner, indent=None):
    text = json.dumps(inner, indent=indent, separators=None if indent else (",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")
