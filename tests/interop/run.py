#!/usr/bin/env python3
"""Live interop with the Python reference: its objects judged by the built package, the package's packets judged by it.

One line a group, `N passed, N failed` at the end, exit 1 on any difference. Everything is drawn from a seed, so a failing
case comes back with the same `--seed`. `--mutants` (or INTEROP_MUTANTS) widens the search for a counter-example.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import environments

HERE = Path(__file__).resolve().parent
CLI = environments.ROOT / "pkg" / "dist" / "bin" / "trusthandoff.js"
# Codes of rules that are stricter than the reference's. Where it verifies, no other code may refuse: `invalid_signature`
# there would mean that the two read different bytes.
STRICTER = {
    "unknown_field", "duplicate_key", "type_mismatch", "malformed_json", "number_not_finite", "number_noncanonical", "number_too_large", "nesting_too_deep", "invalid_unicode",
    "datetime_noncanonical", "datetime_naive", "datetime_out_of_range", "ttl_invalid", "unsupported_risk_level", "unsupported_algorithm", "public_key_encoding_invalid",
    "weak_public_key", "signature_encoding_invalid", "token_noncanonical", "field_invalid", "result_invalid", "input_too_large",
}


class Group:
    """Counts the cases of one group and keeps the first that differs."""

    def __init__(self, name):
        self.name, self.passed, self.failed, self.first, self.notes = name, 0, 0, None, []

    def expect(self, holds, case, what):
        if holds:
            self.passed += 1
            return
        self.failed += 1
        if self.first is None:
            text = case.get("text", "")
            self.first = f"{case['id']}: {what}\n    {text if len(text) <= 600 else text[:600] + f' … ({len(text)} characters)'}"

    def report(self):
        notes = f" ({'; '.join(self.notes)})" if self.notes else ""
        print(f"{'ok  ' if self.failed == 0 else 'FAIL'} {self.name}: {self.passed} of {self.passed + self.failed}{notes}", flush=True)
        if self.first:
            print(f"  first difference: {self.first}", flush=True)


class Broken(Exception):
    """A program that could not do its part; one line."""


def run(command, stdin=None, exits=(0,)):
    """The JSON lines that a command prints."""
    done = subprocess.run([str(part) for part in command], input=stdin, capture_output=True, text=True, encoding="utf-8")
    if done.returncode not in exits:
        lines = done.stderr.strip().splitlines() or ["nothing on standard error"]
        raise Broken(f"`{' '.join(Path(str(part)).name for part in command[:3])} …` ended with {done.returncode}: {lines[-1]}")
    return [json.loads(line) for line in done.stdout.splitlines()]


def reference(environment, *arguments, stdin=None):
    return run([environment.python, "-B", HERE / "reference.py", *arguments], stdin)


def lines(cases, *names):
    return "".join(json.dumps({name: case[name] for name in names}) + "\n" for case in cases)


def checked(cases):
    """Answers of `check --jsonl`, in order, each proven to belong to its case."""
    answers = run(["node", CLI, "check", "--jsonl", "-"], lines(cases, "id", "kind", "text"), exits=(0, 1))
    if [answer["id"] for answer in answers] != [case["id"] for case in cases]:
        raise Broken("`check --jsonl` did not answer every line under its own id")
    return answers


def form_fits(environment, case, answer):
    if not answer["valid"] or case["kind"] not in ("envelope", "packet"):
        return answer["form"] is None or not answer["valid"]
    return answer["form"] == environment.form


def said(case, answer):
    return f"reference {case['verdict']}, ours {answer['valid']} {answer['code']} form {answer['form']}"


def equal_verdicts(name, environment, cases, answers, least):
    group = Group(name)
    for case, answer in zip(cases, answers):
        holds = answer["valid"] == case["verdict"] and form_fits(environment, case, answer) and (answer["code"] is None) == answer["valid"]
        group.expect(holds, case, said(case, answer))
    verified = sum(case["verdict"] for case in cases)
    group.notes.append(f"{verified} verify")
    group.expect(verified >= least, {"id": name}, f"only {verified} of {len(cases)} verify in the reference, {least} are needed for a meaningful comparison")
    return group


def stricter_rules(name, environment, cases, answers):
    group = Group(name)
    for case, answer in zip(cases, answers):
        group.expect(case["verdict"] and not answer["valid"] and answer["code"] == case["code"], case, f"{said(case, answer)}, expected True and {case['code']}")
    group.notes.append(f"{len({case['code'] for case in cases})} rules")
    return group


def one_sided(name, environment, cases, answers):
    """Ours valid implies that the reference verifies; where only it does, a stricter rule must be the reason."""
    group, codes, both = Group(name), Counter(), 0
    for case, answer in zip(cases, answers):
        if answer["valid"]:
            both += 1
            holds = case["verdict"] and form_fits(environment, case, answer)
        else:
            holds = not case["verdict"] or (answer["code"] in STRICTER and not case["same"])
            codes[answer["code"]] += case["verdict"]
        group.expect(holds, case, said(case, answer))
    group.notes.append(f"{both} valid in both, {sum(codes.values())} refused by a stricter rule")
    return group


def reference_to_ours(environment, number, options):
    """Everything one release makes, checked in one process."""
    seed = options.seed * 10 + number
    wanted = {"packets": options.packets, "capabilities": options.small, "attestations": options.small, "stricter": max(1, options.small // 50), "mutants": options.mutants // len(environments.ENVIRONMENTS)}
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
        command = ["node", CLI, "verify", "--jsonl", "-", "--registry", file, "--audience", setting["receiver"]["id"], "--now", setting["now"]]
        answers = run(command, lines(cases, "id", "text"), exits=(1,))
    for case, answer in zip(cases, answers, strict=True):
        decision = "ACCEPT" if case["expect"] is None else "REJECT"
        holds = answer["id"] == case["id"] and answer["decision"] == decision and answer["code"] == case["expect"] and (decision == "REJECT" or answer["form"] == environment.form)
        group.expect(holds and case["handled"], case, f"{case['what']}: reference handled {case['handled']}, ours {answer['decision']} {answer['code']} form {answer['form']}, expected {decision} {case['expect']}")
    group.notes.append(f"{sum(answer['decision'] == 'ACCEPT' for answer in answers)} accepted, {len({case['what'] for case in cases})} situations")
    return group


def ours_to_reference(form, options):
    """Packets signed by the package's API and by its command line, judged by every release of that form."""
    signed = run(["node", HERE / "sign.mjs", form, options.seed, options.packets, options.packets * 3 // 10]) + signed_by_cli(form, options)
    own = [{**case, "kind": "envelope", "verdict": True} for case in signed]
    group = Group(f"ours in form {form} → ours")
    for case, answer in zip(own, checked(own)):
        group.expect(answer["valid"] and answer["form"] == form, case, said(case, answer))
    yield group
    for environment in environments.ENVIRONMENTS:
        if environment.form != form:
            continue
        group = Group(f"ours in form {form} → {environment.name}")
        for case, answer in zip(signed, reference(environment, "judge", stdin=lines(signed, "id", "text", "current")), strict=True):
            refused = [step for step, verdict in answer.items() if verdict is not True and step != "id"]
            group.expect(not refused and answer["id"] == case["id"], case, f"refused by the reference: {', '.join(refused)}")
        group.notes.append(f"relayed too; {sum(case['current'] for case in signed)} through its whole middleware")
        yield group


def signed_by_cli(form, options):
    """`sign` works from text, so it carries what JavaScript numbers cannot: 1.0, 1e300, integers of any size."""
    import random

    import random_objects as draw

    rng, signed = random.Random(f"cli {form} {options.seed}"), []
    with tempfile.TemporaryDirectory() as folder:
        run(["node", CLI, "keygen", "--out", folder, "--json"])
        for number in range(options.cli):
            # The bytes of 0.3.3 for floats of 1e16 and above depend on its pydantic; what must pass both stays below.
            largest = 1e16 if form == "0.3.3" else float("inf")
            fields = {
                "to_agent": "agent:receiver", "intent": "sum up", "permissions": {"allowed_actions": ["read"], "max_tool_calls": 3}, "risk_level": "write",
                "context": {"floats": [draw.floating(rng, largest) for _ in range(200)], "integers": [draw.integer(rng) for _ in range(50)], "values": draw.shuffled(rng, draw.mapping(rng, 5, largest)), "text": draw.text(rng, 200)},
            }
            file = Path(folder) / "fields.json"
            file.write_text(json.dumps(fields, ensure_ascii=rng.random() < 0.5), encoding="utf-8")
            done = subprocess.run(["node", CLI, "sign", file, "--key", Path(folder) / "agent.key.pem", "--form", form], capture_output=True, text=True, encoding="utf-8")
            if done.returncode != 0:
                raise Broken(f"`sign` ended with {done.returncode}: {done.stderr.strip()}")
            context = json.loads(done.stdout)["packet"]["context"]
            # repr tells 1 from 1.0, which == does not.
            if repr(draw_sorted(context)) != repr(draw_sorted(fields["context"])):
                raise Broken(f"`sign --form {form}` changed a value of its input (seed {options.seed}, file {number})")
            signed.append({"id": f"sign --form {form} {options.seed}/{number}", "text": done.stdout.rstrip("\n"), "current": True})
    return signed


def draw_sorted(item):
    if isinstance(item, dict):
        return {key: draw_sorted(item[key]) for key in sorted(item)}
    return [draw_sorted(entry) for entry in item] if isinstance(item, list) else item


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=1, help="another seed draws other objects")
    parser.add_argument("--packets", type=int, default=1000, help="packets from each release and in each form")
    parser.add_argument("--small", type=int, default=300, help="capability tokens and attestations from each release")
    parser.add_argument("--mutants", type=int, default=int(os.environ.get("INTEROP_MUTANTS", "5000")), help="changed wires in total")
    parser.add_argument("--cli", type=int, default=8, help="packets signed by the command line in each form")
    return parser.parse_args()


def main():
    options, started = arguments(), time.monotonic()
    if not CLI.exists():
        raise Broken(f"{CLI.relative_to(environments.ROOT)} is not there: run `make build` first")
    environments.ensure(lambda line: print(line, flush=True))
    parts = [lambda e=environment, n=number: reference_to_ours(e, n, options) for number, environment in enumerate(environments.ENVIRONMENTS)]
    parts += [lambda f=form: ours_to_reference(f, options) for form in ("0.4.0", "0.3.3")]
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
