"""Envelopes for the gate, issued now, each with what the gate must decide."""

import json
import random
from datetime import datetime, timedelta, timezone

import random_objects as draw
from objects import IDENTITIES, envelope_text, signed_packet
from verdicts import handled, relayed, verdict


def situations(seed, count):
    """Envelopes for the gate, issued now, each with what the gate must decide; `handled` is the reference's own middleware."""
    rng = random.Random(f"gate {seed}")
    sender, receiver, stranger, other = IDENTITIES
    now = datetime.now(timezone.utc).replace(microsecond=rng.choice((0, 120000, 7)))
    yield {
        "sender": {"id": sender.agent_id, "pem": sender.public_key_pem},
        "receiver": {"id": receiver.agent_id, "pem": receiver.public_key_pem},
        "other": {"id": other.agent_id, "pem": other.public_key_pem},
        "now": now.isoformat(),
    }
    for number in range(count):
        fields = draw.packet(rng)
        fields.update(
            packet_id=f"gate-{seed}-{number}",
            nonce=f"{number} {draw.text(rng)}",
            to_agent=receiver.agent_id,
            intent="do " + draw.text(rng),
            issued_at=now - timedelta(seconds=rng.randint(0, 60)),
            expires_at=None,
            risk_level=rng.choice(("read", "write")),
            ttl_seconds=None,
            context=draw.mapping(rng),
            capability_token=None,
            provenance=None,
            constraints=None,
            ai_provenance=rng.choice((None, {"model": "m", "source": "ai"})),
            permissions={
                "allowed_actions": rng.sample(["read", "search", "summarize", "write:report"], rng.randint(0, 4)),
                "max_tool_calls": rng.choice((None, 0, 3)),
            },
        )
        genuine = envelope_text(signed_packet(fields, sender))
        tampered = json.loads(genuine)
        tampered["packet"]["intent"] += "!"
        case = {"id": f"gate {seed}/{number}", "handled": verdict(handled, genuine)}
        yield {**case, "text": json.dumps(tampered, sort_keys=True), "expect": "invalid_signature", "what": "tampered"}
        # The forgery comes before the genuine one and names its nonce: it may not burn it.
        yield {
            **case,
            "text": envelope_text(signed_packet(fields, stranger, from_agent=sender.agent_id)),
            "expect": "public_key_mismatch",
            "what": "forged key",
        }
        yield {**case, "text": genuine, "expect": None, "what": "genuine"}
        yield {**case, "text": relayed(genuine), "expect": "replay_detected", "what": "replayed"}
        yield {
            **case,
            "text": envelope_text(signed_packet(fields, stranger)),
            "expect": "agent_unknown",
            "what": "unknown agent",
        }
        fields["nonce"] += "'"
        yield {
            **case,
            "text": envelope_text(signed_packet(fields, sender, to_agent=other.agent_id)),
            "expect": "wrong_audience",
            "what": "other audience",
        }
        yield {
            **case,
            "text": envelope_text(signed_packet(fields, sender, issued_at=now - timedelta(seconds=901))),
            "expect": "expired",
            "what": "expired",
        }
        yield {
            **case,
            "text": envelope_text(signed_packet(fields, sender, issued_at=now + timedelta(seconds=31))),
            "expect": "issued_in_future",
            "what": "from the future",
        }
        yield {
            **case,
            "text": envelope_text(signed_packet(fields, sender, constraints={"requires_human_review": True})),
            "expect": "human_review_required",
            "what": "unreviewed",
        }
        yield {
            **case,
            "text": envelope_text(signed_packet(fields, sender, ai_provenance={"model": "m"})),
            "expect": "invalid_ai_provenance",
            "what": "no AI source",
        }
        # The same nonce from another known sender is another nonce.
        yield {
            **case,
            "text": envelope_text(signed_packet(fields, other)),
            "expect": None,
            "what": "nonce of another sender",
        }
