"""The Python reference at work, run inside one of its pinned environments.

`reference.py COMMAND [SEED COUNT]` writes JSON lines; `judge` reads them too. What it makes carries the reference's own
verdict after the same wire: an exception counts as a refusal.
"""

import base64
import hashlib
import json
import random
import sys
import warnings
from datetime import datetime, timedelta, timezone

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from trusthandoff import AgentIdentity, DelegationChain, DelegationEnvelope, SignedTaskPacket, TrustHandoffMiddleware
from trusthandoff import DelegationCapability, ExecutionAttestation, create_attestation, decode_capability_token, encode_capability_token
from trusthandoff import envelope_from_json, envelope_to_json, packet_from_dict, sign_capability, sign_packet, validate_packet
from trusthandoff import verify_attestation, verify_capability_signature, verify_packet

import mutations
import random_objects as draw
import stricter

warnings.simplefilter("ignore")


class Identity(AgentIdentity):
    """The reference's identity from a fixed seed, with the `sign` that its attestations ask for and it lacks."""

    @classmethod
    def of(cls, seed):
        private = Ed25519PrivateKey.from_private_bytes(hashlib.sha256(seed.encode()).digest())
        raw = serialization.Encoding.PEM
        public_pem = private.public_key().public_bytes(raw, serialization.PublicFormat.SubjectPublicKeyInfo)
        private_pem = private.private_bytes(raw, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        label = base64.b64encode(hashlib.sha256(public_pem).digest()).decode()[:16]
        identity = cls(f"agent:{label}", private_pem.decode(), public_pem.decode())
        identity.private = private
        return identity

    def sign(self, message):
        return self.private.sign(message)


IDENTITIES = [Identity.of(f"interop {number}") for number in range(4)]


def verdict(check, *arguments):
    """True only where the reference says exactly True. Some of its failures are not even `Exception`s."""
    try:
        return check(*arguments) is True
    except KeyboardInterrupt:
        raise
    except BaseException:
        return False


def verifies_envelope(text):
    return verify_packet(envelope_from_json(text).packet)


def verifies_packet(text):
    return verify_packet(packet_from_dict(json.loads(text)))


def verifies_token(text):
    return verify_capability_signature(decode_capability_token(text))


def verifies_attestation(text):
    case = json.loads(text)
    return verify_attestation(ExecutionAttestation(**case["attestation"]), case["public_key_pem"], result=case["result"], reason=case["reason"], now_ms=case["now_ms"])


CHECKS = {"envelope": verifies_envelope, "packet": verifies_packet, "capability_token": verifies_token, "attestation": verifies_attestation}


def signed_packet(fields, identity, **changes):
    unsigned = SignedTaskPacket(**{"from_agent": identity.agent_id, "signature_algo": "Ed25519", "signature": "", "public_key": identity.public_key_pem, **fields, **changes})
    return sign_packet(unsigned, identity)


def envelope_text(packet, chain=None):
    chain = chain or {"packet_ids": [packet.packet_id], "agents": [packet.from_agent], "hops": []}
    return envelope_to_json(DelegationEnvelope(packet=packet, chain=DelegationChain(**chain)))


def make_packet(rng):
    identity = rng.choice(IDENTITIES)
    fields = draw.packet(rng)
    packet = signed_packet(fields, identity, from_agent=identity.agent_id if rng.random() < 0.9 else draw.text(rng))
    text = envelope_text(packet, draw.chain(rng, packet.packet_id, packet.from_agent))
    if rng.random() < 0.1:
        return "packet", json.dumps(json.loads(text)["packet"], sort_keys=True)
    return "envelope", text


def signed_capability(fields, identity, **changes):
    whole = {"signature_algo": "Ed25519", "signature": "", "public_key": identity.public_key_pem, **fields, **changes}
    return sign_capability(DelegationCapability(**whole), identity.private_key_pem)


def make_capability(rng):
    return "capability_token", encode_capability_token(signed_capability(draw.capability(rng), rng.choice(IDENTITIES)))


def attestation_text(attestation, result, reason, public_key_pem, now_ms):
    return json.dumps({"attestation": json.loads(attestation.model_dump_json()), "result": result, "reason": reason, "public_key_pem": public_key_pem, "now_ms": now_ms})


def make_attestation(rng):
    identity = rng.choice(IDENTITIES)
    fields = draw.attestation(rng)
    attestation = create_attestation(identity=identity, **fields)
    # Both edges of the freshness window, and one step beyond each.
    age = rng.choice((0, 0, 0, 0, 1, 299_999, 300_000, 300_001, -30_000, -30_001, 10**9, rng.randint(0, 300_000)))
    return "attestation", attestation_text(attestation, fields["result"], fields["reason"], identity.public_key_pem, fields["timestamp_ms"] + age)


def mutated_token(rng, token):
    """Half of the changes happen to the JSON inside, half to the encoding around it."""
    inner = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)).decode()
    pick = rng.random()
    if pick < 0.25:
        return "flip_character", mutations.flip_character(rng, token)
    if pick < 0.5:
        at = rng.randrange(len(token))
        return "token_spelling", rng.choice((token + "=", token + "A", token[:at] + "\n" + token[at:], token[:at] + "!" + token[at:], " " + token, token.replace("-", "+").replace("_", "/"), token[:-1]))
    name, mutate = rng.choice(list((mutations.MUTATIONS | mutations.HARMLESS).items()))
    spaced = json.dumps(json.loads(inner), sort_keys=True)
    changed = mutate(rng, spaced)
    if changed is None:
        return name, None
    try:
        # Back to the reference's own spelling where the change left JSON intact, so that the signature decides.
        changed = json.dumps(json.loads(changed), sort_keys=True, separators=(",", ":")) if rng.random() < 0.7 else changed
    except ValueError:
        pass
    return name, base64.urlsafe_b64encode(changed.encode("utf-8", "replace")).decode().rstrip("=")


MAKERS = {"packets": make_packet, "capabilities": make_capability, "attestations": make_attestation}


def make(what, seed, count):
    rng = random.Random(f"{what} {seed}")
    for number in range(count):
        kind, text = MAKERS[what](rng)
        yield {"id": f"{what} {seed}/{number}", "kind": kind, "text": text, "verdict": verdict(CHECKS[kind], text)}


def mutants(seed, count):
    """Changed wires of every kind. `same` marks those whose verdict may not differ from the reference's in either direction."""
    rng = random.Random(f"mutants {seed}")
    number = 0
    while number < count:
        kind, text = MAKERS[rng.choice(("packets", "packets", "packets", "capabilities", "attestations"))](rng)
        if not verdict(CHECKS[kind], text):
            continue
        for _ in range(4):
            if kind == "capability_token":
                name, changed = mutated_token(rng, text)
            else:
                name, mutate = rng.choice(list((mutations.MUTATIONS | mutations.HARMLESS).items()))
                changed = mutate(rng, text)
            # A text that is not well-formed Unicode cannot be UTF-8 bytes; escaped surrogates remain.
            if changed is None or any(0xD800 <= ord(character) <= 0xDFFF for character in changed):
                continue
            same = name in mutations.HARMLESS and kind != "capability_token"
            yield {"id": f"mutant {seed}/{number} {name}", "kind": kind, "text": changed, "verdict": verdict(CHECKS[kind], changed), "same": same}
            number += 1


def strict(seed, count):
    """What the reference verifies and the package refuses by rule, each with the code it must give."""
    rng = random.Random(f"stricter {seed}")
    for number in range(count):
        for name, code, kind, text in stricter.cases(rng, sys.modules[__name__]):
            yield {"id": f"stricter {seed}/{number} {name}", "kind": kind, "text": text, "verdict": verdict(CHECKS[kind], text), "code": code}


def relayed(text):
    """The text after the reference has read and written it."""
    return envelope_to_json(envelope_from_json(text))


def handled(text):
    return TrustHandoffMiddleware().handle(envelope_from_json(text)).decision == "ACCEPT"


def judge():
    """Verdicts on envelopes of the package: as received, as a bare packet, after a relay, and of the whole middleware."""
    for line in sys.stdin:
        case = json.loads(line)
        text = case["text"]
        answer = {"id": case["id"], "received": verdict(verifies_envelope, text)}
        answer["bare"] = verdict(verifies_packet, json.dumps(json.loads(text)["packet"]))
        answer["relayed"] = verdict(lambda: verifies_envelope(relayed(text)))
        if case.get("current"):
            answer["validated"] = verdict(lambda: validate_packet(envelope_from_json(text).packet).is_valid)
            answer["handled"] = verdict(handled, text)
        yield answer


def gate(seed, count):
    """Envelopes for the gate, issued now, each with what the gate must decide; `handled` is the reference's own middleware."""
    rng = random.Random(f"gate {seed}")
    sender, receiver, stranger, other = IDENTITIES
    now = datetime.now(timezone.utc).replace(microsecond=rng.choice((0, 120000, 7)))
    yield {"sender": {"id": sender.agent_id, "pem": sender.public_key_pem}, "receiver": {"id": receiver.agent_id, "pem": receiver.public_key_pem}, "other": {"id": other.agent_id, "pem": other.public_key_pem}, "now": now.isoformat()}
    for number in range(count):
        fields = draw.packet(rng)
        fields.update(
            packet_id=f"gate-{seed}-{number}", nonce=f"{number} {draw.text(rng)}", to_agent=receiver.agent_id, intent="do " + draw.text(rng),
            issued_at=now - timedelta(seconds=rng.randint(0, 60)), expires_at=None, risk_level=rng.choice(("read", "write")), ttl_seconds=None,
            context=draw.mapping(rng), capability_token=None, provenance=None, constraints=None,
            ai_provenance=rng.choice((None, {"model": "m", "source": "ai"})),
            permissions={"allowed_actions": rng.sample(["read", "search", "summarize", "write:report"], rng.randint(0, 4)), "max_tool_calls": rng.choice((None, 0, 3))},
        )
        genuine = envelope_text(signed_packet(fields, sender))
        tampered = json.loads(genuine)
        tampered["packet"]["intent"] += "!"
        case = {"id": f"gate {seed}/{number}", "handled": verdict(handled, genuine)}
        yield {**case, "text": json.dumps(tampered, sort_keys=True), "expect": "invalid_signature", "what": "tampered"}
        # The forgery comes before the genuine one and names its nonce: it may not burn it.
        yield {**case, "text": envelope_text(signed_packet(fields, stranger, from_agent=sender.agent_id)), "expect": "public_key_mismatch", "what": "forged key"}
        yield {**case, "text": genuine, "expect": None, "what": "genuine"}
        yield {**case, "text": relayed(genuine), "expect": "replay_detected", "what": "replayed"}
        yield {**case, "text": envelope_text(signed_packet(fields, stranger)), "expect": "agent_unknown", "what": "unknown agent"}
        fields["nonce"] += "'"
        yield {**case, "text": envelope_text(signed_packet(fields, sender, to_agent=other.agent_id)), "expect": "wrong_audience", "what": "other audience"}
        yield {**case, "text": envelope_text(signed_packet(fields, sender, issued_at=now - timedelta(seconds=901))), "expect": "expired", "what": "expired"}
        yield {**case, "text": envelope_text(signed_packet(fields, sender, issued_at=now + timedelta(seconds=31))), "expect": "issued_in_future", "what": "from the future"}
        yield {**case, "text": envelope_text(signed_packet(fields, sender, constraints={"requires_human_review": True})), "expect": "human_review_required", "what": "unreviewed"}
        yield {**case, "text": envelope_text(signed_packet(fields, sender, ai_provenance={"model": "m"})), "expect": "invalid_ai_provenance", "what": "no AI source"}
        # The same nonce from another known sender is another nonce.
        yield {**case, "text": envelope_text(signed_packet(fields, other)), "expect": None, "what": "nonce of another sender"}


def main(arguments):
    command, numbers = arguments[0], [int(text) for text in arguments[1:]]
    commands = {**{name: lambda *n, name=name: make(name, *n) for name in MAKERS}, "mutants": mutants, "stricter": strict, "judge": judge, "gate": gate}
    for line in commands[command](*numbers):
        sys.stdout.write(json.dumps(line) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
