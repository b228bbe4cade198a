"""What the reference says about a text: True only where it says exactly True."""

import json

from trusthandoff import (
    ExecutionAttestation,
    TrustHandoffMiddleware,
    decode_capability_token,
    envelope_from_json,
    envelope_to_json,
    packet_from_dict,
    verify_attestation,
    verify_capability_signature,
    verify_packet,
)


def verdict(check, *arguments):
    """Whether `check` says True. A failure is a refusal, and some of the reference's are not even `Exception`s."""
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
    return verify_attestation(
        ExecutionAttestation(**case["attestation"]),
        case["public_key_pem"],
        result=case["result"],
        reason=case.get("reason"),
        now_ms=case["now_ms"],
    )


CHECKS = {
    "envelope": verifies_envelope,
    "packet": verifies_packet,
    "capability_token": verifies_token,
    "attestation": verifies_attestation,
}


def relayed(text):
    """The text after the reference has read and written it."""
    return envelope_to_json(envelope_from_json(text))


def handled(text):
    return TrustHandoffMiddleware().handle(envelope_from_json(text)).decision == "ACCEPT"
