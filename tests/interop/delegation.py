"""Capabilities in both directions: issued, derived and attenuated, alone and as chains."""

import environments
from comparison import Group
from programs import HERE, answering, lines, reference, run


def capabilities_to_ours(environment, number, options):
    """What the reference issues and derives is one chain here, read as the same fields and written as the same text."""
    cases = reference(environment, "grants", options.seed * 10 + number, options.grants)
    answers = answering(cases, run(["node", HERE / "grants.mjs", "judge"], lines(cases, "id", "tokens")))
    group = Group(f"{environment.name} → ours, capabilities issued and derived")
    for case, answer in zip(cases, answers, strict=True):
        holds = case["verdict"] and answer["token"] == case["tokens"][-1] and answer["fields"] == case["fields"]
        group.expect(holds, case, f"reference {case['verdict']}, ours {answer['code']}, fields {answer['fields']}")
    derived = [case for case in cases if len(case["tokens"]) > 1]
    group.notes.append(f"{len(derived)} derived")
    group.expect(len(derived) >= len(cases) // 3, {"id": "derived"}, f"only {len(derived)} of {len(cases)}")
    yield group

    # Signed by the holder under the parent's key: no chain, whoever looks at it (catalogue F09).
    left = [{"id": case["id"], "tokens": case["tokens"][:-1] + [case["broken"]]} for case in derived]
    group = Group(f"{environment.name} → ours, derived capabilities as the reference leaves them")
    refused = answering(left, run(["node", HERE / "grants.mjs", "judge"], lines(left, "id", "tokens")))
    judged = answering(left, reference(environment, "judge-grants", stdin=lines(left, "id", "tokens")))
    for case, ours, theirs in zip(left, refused, judged, strict=True):
        holds = ours["code"] == "capability_signature_invalid" and theirs["signatures"][-1] is False
        group.expect(holds, case, f"ours {ours['code']}, reference {theirs['signatures'][-1]}")
    yield group


def capabilities_to_reference(options):
    """What the package issues and attenuates verifies there, and comes back from there as the very same text."""
    cases = run(["node", HERE / "grants.mjs", "make", options.seed, options.grants])
    own = answering(cases, run(["node", HERE / "grants.mjs", "judge"], lines(cases, "id", "tokens")))
    group = Group("ours → ours, capabilities")
    for case, answer in zip(cases, own, strict=True):
        group.expect(answer["token"] == case["tokens"][-1], case, f"refused: {answer['code']}")
    yield group
    for environment in environments.ENVIRONMENTS:
        group = Group(f"ours → {environment.name}, capabilities issued and attenuated")
        verdicts = answering(cases, reference(environment, "judge-grants", stdin=lines(cases, "id", "tokens")))
        for case, mine, answer in zip(cases, own, verdicts, strict=True):
            # The reference's rule of narrowing compares actions as texts and knows no patterns.
            holds = (
                all(answer["signatures"])
                and answer["texts"] == case["tokens"]
                and answer["fields"] == mine["fields"]
                and (answer["chain"] or not case["plain"])
            )
            group.expect(
                holds,
                case,
                f"signatures {answer['signatures']}, chain {answer['chain']}, texts the same "
                f"{answer['texts'] == case['tokens']}, fields {answer['fields']}, ours {mine['fields']}",
            )
        chains = sum(len(case["tokens"]) > 1 for case in cases)
        group.notes.append(f"{chains} attenuated, {sum(answer['chain'] for answer in verdicts)} whole chains")
        yield group
