"""Attestations both ways: the reference's through the package's verifier, the package's through the reference's own.

`make` and `judge` run inside an environment of the reference, the other two beside it.
"""

import json
import random
import sys

STATUSES = ("OK", "ERROR", "PARTIAL", "REJECTED", "TIMEOUT")


def make(seed, count):
    """Attestations of the reference, every status in turn, each with the texts that it is of."""
    import random_objects as draw
    from objects import IDENTITIES, attestation_text
    from trusthandoff import create_attestation
    from verdicts import CHECKS, verdict

    rng = random.Random(f"attestations both ways {seed}")
    for number in range(count):
        identity, fields = rng.choice(IDENTITIES), draw.attestation(rng)
        # A package that has a calendar has no later time.
        fields["timestamp_ms"] = rng.choice((1577836800000, 1772971200000, rng.randint(1577836800000, 4102444800000)))
        fields["status"] = STATUSES[number % len(STATUSES)]
        attestation = create_attestation(identity=identity, **fields)
        now = fields["timestamp_ms"] + rng.choice((0, 1, 299_999, 300_000, -30_000))
        whole = attestation_text(attestation, fields["result"], fields["reason"], identity.public_key_pem, now)
        yield {
            "id": f"attestation {seed}/{number}",
            "attestation": attestation.model_dump_json(),
            "result": json.dumps(fields["result"]),
            "reason": None if fields["reason"] is None else json.dumps(fields["reason"]),
            "public_key_pem": identity.public_key_pem,
            "now_ms": now,
            "packet_id": attestation.packet_id,
            "status": attestation.status,
            "signed_by": attestation.signed_by,
            "verdict": verdict(CHECKS["attestation"], whole),
        }


def judge():
    """Of the package's attestations: as they are, and with every part that may not change changed."""
    from verdicts import CHECKS, verdict

    for line in sys.stdin:
        case = json.loads(line)
        whole = json.loads(case["text"])
        answer = {"id": case["id"], "as it is": verdict(CHECKS["attestation"], case["text"])}
        for name, value in (("packet_id", "another"), ("status", "X"), ("nonce", 1), ("outcome_hash", "0" * 64)):
            changed = {**whole, "attestation": {**whole["attestation"], name: value}}
            answer[name] = not verdict(CHECKS["attestation"], json.dumps(changed))
        yield answer


def attestations_to_ours(environment, number, options):
    from comparison import Group
    from programs import HERE, answering, lines, reference, run

    group = Group(f"{environment.name} → ours, attestations by the API")
    cases = reference(environment, "attestations-both-ways", options.seed * 10 + number, options.attestations)
    names = ("attestation", "result", "reason", "public_key_pem", "now_ms", "packet_id", "status", "signed_by")
    answers = answering(cases, run(["node", HERE / "attestations.mjs", "judge"], lines(cases, "id", *names)))
    for case, answer in zip(cases, answers, strict=True):
        expected = {"first": None, "second": "replay_detected", "other": "attestation_status", "archived": None}
        said = {name: answer[name] for name in expected}
        group.expect(case["verdict"] and said == expected, case, f"reference {case['verdict']}, ours {said}")
    group.notes.append(f"{len({case['status'] for case in cases})} statuses")
    yield group


def attestations_to_reference(options):
    import environments
    from comparison import Group
    from programs import HERE, answering, lines, reference, run

    made = run(["node", HERE / "attestations.mjs", "make", options.seed, options.attestations])
    for environment in environments.ENVIRONMENTS:
        group = Group(f"ours → {environment.name}, attestations")
        verdicts = answering(made, reference(environment, "judge-attestations", stdin=lines(made, "id", "text")))
        for case, answer in zip(made, verdicts, strict=True):
            wrong = [step for step, verdict in answer.items() if verdict is not True and step != "id"]
            group.expect(not wrong, case, f"the reference differs: {', '.join(wrong)}")
        group.notes.append(f"{len({case['status'] for case in made})} statuses")
        yield group
