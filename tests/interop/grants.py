"""Capabilities of the reference, issued and derived, and what it says of the package's. Run inside an environment."""

import json
import random
import sys
from datetime import datetime, timedelta, timezone

from trusthandoff import (
    AgentRegistry,
    DelegationCapability,
    decode_capability_token,
    derive_capability_token,
    encode_capability_token,
    sign_capability,
    verify_capability_chain,
    verify_capability_signature,
)
from trusthandoff.packet import Permissions

import random_objects as draw
from objects import IDENTITIES, signed_capability
from verdicts import verdict


def registry():
    known = AgentRegistry()
    for identity in IDENTITIES:
        known.register(identity.agent_id, identity.public_key_pem)
    return known


def issued(rng, number, subject):
    """One that its first holder can narrow: an id of its own, a time that has begun, an end."""
    # A whole second ago at least, since a child starts no earlier than its parent.
    start = datetime.now(timezone.utc) - timedelta(hours=rng.randint(0, 9), seconds=1)
    start = start.replace(microsecond=rng.choice((0, 120000, 7)))
    return signed_capability(
        {
            "capability_id": f"{number} {draw.text(rng)}",
            "issuer_agent": IDENTITIES[0].agent_id,
            "subject_agent": subject.agent_id,
            "delegated_permissions": {
                "allowed_actions": draw.texts(rng, 6),
                "max_tool_calls": rng.choice((None, 0, 5, 10**20)),
            },
            "constraints": rng.choice((None, draw.constraints(rng))),
            "issued_at": start.astimezone(draw.offset(rng)),
            "expires_at": start + timedelta(days=rng.randint(1, 5), microseconds=rng.randint(0, 10**6)),
        },
        IDENTITIES[0],
    )


def derived(rng, number, parent, holder, subject):
    """What the reference's own derivation gives, as it leaves it and signed again under its issuer's own key.

    It puts the parent's key on what the holder signed (catalogue F09), and drops the parent's constraints (F07); both are
    put right here, and signed with the reference's own function.
    """
    kept = [action for action in parent.delegated_permissions.allowed_actions if rng.random() < 0.7]
    most = parent.delegated_permissions.max_tool_calls
    granted = Permissions(allowed_actions=kept, max_tool_calls=None if most is None else most // 2)
    end = parent.expires_at - timedelta(minutes=rng.choice((0, 1)))
    token = derive_capability_token(
        parent, f"child of {number}", subject.agent_id, granted, end, holder.private_key_pem
    )
    right = decode_capability_token(token).model_copy(
        update={"public_key": holder.public_key_pem, "constraints": parent.constraints}
    )
    return token, sign_capability(right, holder.private_key_pem)


def make(seed, count):
    """`count` capabilities that verify, every other one derived over one or two holders; and how derivation leaves each."""
    rng, known = random.Random(f"grants {seed}"), registry()
    for number in range(count):
        chain, broken = [issued(rng, number, IDENTITIES[1])], None
        for hop in range(rng.randint(1, 2) if number % 2 else 0):
            holder, subject = IDENTITIES[hop + 1], IDENTITIES[hop + 2]
            broken, child = derived(rng, f"{number} {hop}", chain[-1], holder, subject)
            chain.append(child)
        tokens = [encode_capability_token(capability) for capability in chain]
        yield {
            "id": f"grants {seed}/{number}",
            "tokens": tokens,
            "broken": broken,
            "verdict": all(verdict(verify_capability_signature, decode_capability_token(token)) for token in tokens)
            and verdict(verify_capability_chain, [decode_capability_token(token) for token in tokens], known),
            "fields": shown(chain[-1]),
        }


def judge():
    """Of the package's chains: every signature, the text of each after reading and writing it, and the chain as a whole."""
    for line in sys.stdin:
        case = json.loads(line)
        answer = {"id": case["id"], "signatures": [], "texts": []}
        for token in case["tokens"]:
            answer["signatures"].append(
                verdict(lambda text: verify_capability_signature(decode_capability_token(text)), token)
            )
            answer["texts"].append(encode_capability_token(decode_capability_token(token)))
        chain = [decode_capability_token(token) for token in case["tokens"]]
        known = AgentRegistry()
        for capability in chain:
            known.register(capability.issuer_agent, capability.public_key)
        answer["chain"] = verdict(verify_capability_chain, chain, known)
        answer["fields"] = shown(chain[-1])
        yield answer


def shown(capability: DelegationCapability):
    """Its fields as JSON, integers as text: they are of any size."""
    fields = capability.model_dump(mode="json", exclude={"signature"})
    for group in ("delegated_permissions", "constraints"):
        if fields[group] is not None:
            fields[group] = {
                name: str(value) if isinstance(value, int) and not isinstance(value, bool) else value
                for name, value in fields[group].items()
            }
    return fields
