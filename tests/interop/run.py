#!/usr/bin/env python3
"""Live interop with the Python reference: its objects judged by the built package, the package's packets judged by it.

One line a group, `N passed, N failed` at the end, exit 1 on any difference. Everything is drawn from a seed, so a failing
case comes back with the same `--seed`. `--mutants` (or INTEROP_MUTANTS) widens the search for a counter-example.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.dont_write_bytecode = True
import environments
import random_objects as draw
from attestations import attestations_to_ours, attestations_to_reference
from audits import audits
from comparison import Group, equal_verdicts, one_sided, said, stricter_rules
from delegation import capabilities_to_ours, capabilities_to_reference
from hops import three_hops
from programs import CLI, HERE, Broken, answering, lines, reference, run


def checked(cases):
    """Answers of `check --jsonl`, in the order of the cases."""
    return answering(
        cases, run(["node", CLI, "check", "--jsonl", "-"], lines(cases, "id", "kind", "text"), exits=(0, 1))
    )


def reference_to_ours(environment, number, options):
    """Everything one release makes, checked in one process."""
    seed = options.seed * 10 + number
    wanted = {
        "packets": options.packets,
        "capabilities": options.small,
        "attestations": options.small,
        "stricter": max(1, options.small // 50),
        "mutants": options.mutants // len(environments.ENVIRONMENTS),
    }
    made = {what: reference(environment, what, seed, count) for what, count in wanted.items()}
    answers = iter(checked([case for cases in made.values() for case in cases]))
    judged = {what: (cases, [next(answers) for _ in cases]) for what, cases in made.items()}
    title = f"{environment.name} → ours"
    yield equal_verdicts(f"{title}, packets", environment, *judged["packets"], least=options.packets // 2)
    yield equal_verdicts(f"{title}, capability tokens", environment, *judged["capabilities"], least=options.small // 2)
    yield equal_verdicts(f"{title}, attestations", environment, *judged["attestations"], least=options.small // 2)
    yield stricter_rules(f"{title}, stricter rules", environment, *judged["stricter"])
    yield one_sided(f"{title}, changed wires", environment, *judged["mutants"])
    yield through_gate(f"{title}, gate", environment, seed, max(1, options.packets // 20))


def through_gate(name, environment, seed, count):
    """`verify --jsonl` on envelopes issued now: accepted once, refused when forged, replayed or out of policy."""
    group = Group(name)
    setting, *cases = reference(environment, "gate", seed, count)
    registry = {setting[who]["id"]: setting[who]["pem"] for who in ("sender", "other")}
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "registry.json"
        file.write_text(json.dumps(registry))
        command = [
            "node",
            CLI,
            "verify",
            "--jsonl",
            "-",
            "--registry",
            file,
            "--audience",
            setting["receiver"]["id"],
            "--now",
            setting["now"],
        ]
        answers = answering(cases, run(command, lines(cases, "id", "text"), exits=(1,)))
    for case, answer in zip(cases, answers, strict=True):
        decision = "ACCEPT" if case["expect"] is None else "REJECT"
        holds = (
            answer["decision"] == decision
            and answer["code"] == case["expect"]
            and (decision == "REJECT" or answer["form"] == environment.form)
        )
        group.expect(
            holds and case["handled"],
            case,
            f"{case['what']}: reference handled {case['handled']}, ours {answer['decision']} {answer['code']} form {answer['form']}, expected {decision} {case['expect']}",
        )
    group.notes.append(
        f"{sum(answer['decision'] == 'ACCEPT' for answer in answers)} accepted, {len({case['what'] for case in cases})} situations"
    )
    return group


def ours_to_reference(form, options):
    """Packets signed by the package's API and by its command line, judged by every release of that form."""
    signed = run(
        ["node", HERE / "sign.mjs", form, options.seed, options.packets, options.packets * 3 // 10]
    ) + signed_by_cli(form, options)
    for environment in environments.ENVIRONMENTS:
        if environment.form != form:
            continue
        group = Group(f"ours in form {form} → {environment.name}")
        # First of all, since those issued now are only valid for two minutes.
        verdicts = answering(signed, reference(environment, "judge", stdin=lines(signed, "id", "text", "current")))
        for case, answer in zip(signed, verdicts, strict=True):
            refused = [step for step, verdict in answer.items() if verdict is not True and step != "id"]
            group.expect(not refused, case, f"refused by the reference: {', '.join(refused)}")
        group.notes.append(f"relayed too; {sum(case['current'] for case in signed)} through its whole middleware")
        yield group
    own = [{**case, "kind": "envelope", "verdict": True} for case in signed]
    group = Group(f"ours in form {form} → ours")
    for case, answer in zip(own, checked(own), strict=True):
        group.expect(answer["valid"] and answer["form"] == form, case, said(case, answer))
    yield group


def signed_by_cli(form, options):
    """`sign` works from text, so it carries what JavaScript numbers cannot: 1.0, 1e300, integers of any size."""
    rng, signed = random.Random(f"cli {form} {options.seed}"), []
    with tempfile.TemporaryDirectory() as folder:
        run(["node", CLI, "keygen", "--out", folder, "--json"])
        for number in range(options.cli):
            # The bytes of 0.3.3 for floats of 1e16 and above depend on its pydantic; what must pass both stays below.
            largest = 1e16 if form == "0.3.3" else float("inf")
            fields = {
                "to_agent": "agent:receiver",
                "intent": "sum up",
                "permissions": {"allowed_actions": ["read"], "max_tool_calls": 3},
                "risk_level": "write",
                "context": {
                    "floats": [draw.floating(rng, largest) for _ in range(200)],
                    "integers": [draw.integer(rng) for _ in range(50)],
                    "values": draw.shuffled(rng, draw.mapping(rng, 5, largest)),
                    "text": draw.text(rng, 200),
                },
            }
            file = Path(folder) / "fields.json"
            file.write_text(json.dumps(fields, ensure_ascii=rng.random() < 0.5), encoding="utf-8")
            done = subprocess.run(
                ["node", CLI, "sign", file, "--key", Path(folder) / "agent.key.pem", "--form", form],
                capture_output=True,
                text=True,
                encoding="utf-8",
            )
            if done.returncode != 0:
                raise Broken(f"`sign` ended with {done.returncode}: {done.stderr.strip()}")
            context = json.loads(done.stdout)["packet"]["context"]
            # repr tells 1 from 1.0, which == does not.
            if repr(in_order(context)) != repr(in_order(fields["context"])):
                raise Broken(f"`sign --form {form}` changed a value of its input (seed {options.seed}, file {number})")
            signed.append(
                {"id": f"sign --form {form} {options.seed}/{number}", "text": done.stdout.rstrip("\n"), "current": True}
            )
    return signed


def in_order(item):
    if isinstance(item, dict):
        return {key: in_order(item[key]) for key in sorted(item)}
    return [in_order(entry) for entry in item] if isinstance(item, list) else item


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=1, help="another seed draws other objects")
    parser.add_argument("--packets", type=int, default=1000, help="packets from each release and in each form")
    parser.add_argument("--small", type=int, default=300, help="capability tokens and attestations from each release")
    parser.add_argument(
        "--grants", type=int, default=500, help="capabilities from each release, and of each kind of ours"
    )
    parser.add_argument("--attestations", type=int, default=500, help="attestations from each release, and of ours")
    parser.add_argument(
        "--mutants", type=int, default=int(os.environ.get("INTEROP_MUTANTS", "5000")), help="changed wires in total"
    )
    parser.add_argument("--cli", type=int, default=8, help="packets signed by the command line in each form")
    return parser.parse_args()


def main():
    options, started = arguments(), time.monotonic()
    if not CLI.exists():
        raise Broken(f"{CLI.relative_to(environments.ROOT)} is not there: run `make build` first")
    environments.ensure(lambda line: print(line, flush=True))
    parts = [
        lambda e=environment, n=number: reference_to_ours(e, n, options)
        for number, environment in enumerate(environments.ENVIRONMENTS)
    ]
    parts += [lambda f=form: ours_to_reference(f, options) for form in ("0.4.0", "0.3.3")]
    parts += [
        lambda e=environment, n=number: capabilities_to_ours(e, n, options)
        for number, environment in enumerate(environments.ENVIRONMENTS)
    ]
    parts.append(lambda: capabilities_to_reference(options))
    parts += [
        lambda e=environment, n=number: attestations_to_ours(e, n, options)
        for number, environment in enumerate(environments.ENVIRONMENTS)
    ]
    parts.append(lambda: attestations_to_reference(options))
    parts += [
        lambda e=environment, n=number: three_hops(e, n, options)
        for number, environment in enumerate(environments.ENVIRONMENTS)
    ]
    parts += [
        lambda e=environment, n=number: audits(e, n, options)
        for number, environment in enumerate(environments.ENVIRONMENTS)
        if environment.form == "0.3.3"
    ]
    passed = failed = 0
    with ThreadPoolExecutor(max_workers=2) as pool:
        for groups in pool.map(lambda part: list(part()), parts):
            for group in groups:
                group.report()
                passed, failed = passed + group.passed, failed + group.failed
    print(f"interop with the reference, seed {options.seed}, {time.monotonic() - started:.0f} s")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (Broken, environments.Missing) as problem:
        print(f"interop: {problem}", file=sys.stderr)
        sys.exit(2)
