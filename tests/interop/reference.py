"""The Python reference at work, run inside one of its pinned environments.

`reference.py COMMAND [SEED COUNT] [PATH]` writes JSON lines; `judge` reads them too. What it makes carries the reference's own
verdict after the same wire: an exception counts as a refusal.
"""

import json
import random
import sys
import warnings

from trusthandoff import envelope_from_json, validate_packet

import attestations
import audits
import first_hop
import grants
import mutations
import stricter
from objects import MAKERS
from situations import situations
from verdicts import (
    CHECKS,
    handled,
    relayed,
    verdict,
    verifies_envelope,
    verifies_packet,
)

warnings.simplefilter("ignore")


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
                name, changed = mutations.mutated_token(rng, text)
            else:
                name, mutate = rng.choice(list((mutations.MUTATIONS | mutations.HARMLESS).items()))
                changed = mutate(rng, text)
            # A text that is not well-formed Unicode cannot be UTF-8 bytes; escaped surrogates remain.
            if changed is None or any(0xD800 <= ord(character) <= 0xDFFF for character in changed):
                continue
            same = name in mutations.HARMLESS and kind != "capability_token"
            yield {
                "id": f"mutant {seed}/{number} {name}",
                "kind": kind,
                "text": changed,
                "verdict": verdict(CHECKS[kind], changed),
                "same": same,
            }
            number += 1


def strict(seed, count):
    """What the reference verifies and the package refuses by rule, each with the code it must give."""
    rng = random.Random(f"stricter {seed}")
    for number in range(count):
        for name, code, kind, text in stricter.cases(rng):
            yield {
                "id": f"stricter {seed}/{number} {name}",
                "kind": kind,
                "text": text,
                "verdict": verdict(CHECKS[kind], text),
                "code": code,
            }


def validates(text):
    return validate_packet(envelope_from_json(text).packet).is_valid


def judge():
    """Verdicts on envelopes of the package: as received, as a bare packet, after a relay, and of the whole middleware."""
    for line in sys.stdin:
        case = json.loads(line)
        text = case["text"]
        answer = {"id": case["id"], "received": verdict(verifies_envelope, text)}
        answer["bare"] = verdict(verifies_packet, json.dumps(json.loads(text)["packet"]))
        answer["relayed"] = verdict(lambda wire: verifies_envelope(relayed(wire)), text)
        if case.get("current"):
            answer["validated"] = verdict(validates, text)
            answer["handled"] = verdict(handled, text)
        yield answer


def main(arguments):
    command, numbers = arguments[0], [int(text) if text.isdigit() else text for text in arguments[1:]]
    commands = {
        **{name: lambda *n, name=name: make(name, *n) for name in MAKERS},
        "mutants": mutants,
        "stricter": strict,
        "judge": judge,
        "grants": grants.make,
        "hop": first_hop.begin,
        "judge-grants": grants.judge,
        "gate": situations,
        "attestations-both-ways": attestations.make,
        "judge-attestations": attestations.judge,
        "audit-log": audits.make,
        "judge-log": audits.judge,
    }
    for line in commands[command](*numbers):
        sys.stdout.write(json.dumps(line) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
