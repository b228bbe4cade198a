"""The reference begins a chain: a packet with a capability that it hands on to the next agent. Run inside an environment."""

import random
from datetime import datetime, timedelta, timezone

from trusthandoff import encode_capability_token

import random_objects as draw
from objects import IDENTITIES, envelope_text, signed_capability, signed_packet


def begin(seed):
    rng, now = random.Random(f"hop {seed}"), datetime.now(timezone.utc)
    sender, receiver = IDENTITIES[:2]
    granted = {"allowed_actions": ["read", "summarize"], "max_tool_calls": 9}
    demanded = {"max_runtime_seconds": 60, "data_boundary": "eu", "requires_human_review": False}
    capability = signed_capability(
        {
            "capability_id": f"cap {seed}",
            "issuer_agent": sender.agent_id,
            "subject_agent": receiver.agent_id,
            "delegated_permissions": granted,
            "constraints": demanded,
            "issued_at": now,
            "expires_at": now + timedelta(hours=1),
        },
        sender,
    )
    packet = signed_packet(
        {
            **draw.packet(rng),
            "packet_id": f"hop one {seed}",
            "nonce": f"nonce {seed}",
            "to_agent": receiver.agent_id,
            "intent": "begin",
            "issued_at": now,
            "expires_at": None,
            "risk_level": "read",
            "ttl_seconds": 900,
            "capability_token": encode_capability_token(capability),
            "permissions": {**granted, "max_tool_calls": 8},
            "constraints": demanded,
            "provenance": {"origin_workflow": "interop", "delegation_depth": 1},
            "ai_provenance": {"model": "m", "source": "model"},
            # Below 1e16, which all releases write the same.
            "context": draw.mapping(rng, largest=1e16),
        },
        sender,
    )
    identities = [{"id": i.agent_id, "pem": i.public_key_pem, "private_pem": i.private_key_pem} for i in IDENTITIES]
    yield {"text": envelope_text(packet), "identities": identities}
