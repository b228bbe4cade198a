"""Signed objects made by the reference itself, from the seeded material of `random_objects`."""

import base64
import hashlib
import json

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from trusthandoff import (
    AgentIdentity,
    DelegationCapability,
    DelegationChain,
    DelegationEnvelope,
    SignedTaskPacket,
    create_attestation,
    encode_capability_token,
    envelope_to_json,
    sign_capability,
    sign_packet,
)

import random_objects as draw


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


def signed_packet(fields, identity, **changes):
    unsigned = SignedTaskPacket(
        **{
            "from_agent": identity.agent_id,
            "signature_algo": "Ed25519",
            "signature": "",
            "public_key": identity.public_key_pem,
            **fields,
            **changes,
        }
    )
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
    return json.dumps(
        {
            "attestation": json.loads(attestation.model_dump_json()),
            "result": result,
            "reason": reason,
            "public_key_pem": public_key_pem,
            "now_ms": now_ms,
        }
    )


def make_attestation(rng):
    identity = rng.choice(IDENTITIES)
    fields = draw.attestation(rng)
    attestation = create_attestation(identity=identity, **fields)
    # Both edges of the freshness window, and one step beyond each.
    age = rng.choice((0, 0, 0, 0, 1, 299_999, 300_000, 300_001, -30_000, -30_001, 10**9, rng.randint(0, 300_000)))
    return "attestation", attestation_text(
        attestation, fields["result"], fields["reason"], identity.public_key_pem, fields["timestamp_ms"] + age
    )


MAKERS = {"packets": make_packet, "capabilities": make_capability, "attestations": make_attestation}
