"""What must hold between the reference's verdicts and the package's, counted in groups."""

from collections import Counter

# Codes of rules that are stricter than the reference's. Where it verifies, no other code may refuse: `invalid_signature`
# there would mean that the two read different bytes.
STRICTER = {
    "unknown_field",
    "duplicate_key",
    "type_mismatch",
    "malformed_json",
    "number_not_finite",
    "number_noncanonical",
    "number_too_large",
    "nesting_too_deep",
    "invalid_unicode",
    "datetime_noncanonical",
    "datetime_naive",
    "datetime_out_of_range",
    "ttl_invalid",
    "unsupported_risk_level",
    "unsupported_algorithm",
    "public_key_encoding_invalid",
    "weak_public_key",
    "signature_encoding_invalid",
    "token_noncanonical",
    "field_invalid",
    "result_invalid",
    "input_too_large",
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
            self.first = (
                f"{case['id']}: {what}\n    {text if len(text) <= 600 else text[:600] + f' … ({len(text)} characters)'}"
            )

    def report(self):
        notes = f" ({'; '.join(self.notes)})" if self.notes else ""
        print(
            f"{'ok  ' if self.failed == 0 else 'FAIL'} {self.name}: {self.passed} of {self.passed + self.failed}{notes}",
            flush=True,
        )
        if self.first:
            print(f"  first difference: {self.first}", flush=True)


def form_fits(environment, case, answer):
    if not answer["valid"] or case["kind"] not in ("envelope", "packet"):
        return answer["form"] is None or not answer["valid"]
    return answer["form"] == environment.form


def said(case, answer):
    return f"reference {case['verdict']}, ours {answer['valid']} {answer['code']} form {answer['form']}"


def equal_verdicts(name, environment, cases, answers, least):
    group = Group(name)
    for case, answer in zip(cases, answers, strict=True):
        holds = (
            answer["valid"] == case["verdict"]
            and form_fits(environment, case, answer)
            and (answer["code"] is None) == answer["valid"]
        )
        group.expect(holds, case, said(case, answer))
    verified = sum(case["verdict"] for case in cases)
    group.notes.append(f"{verified} verify")
    group.expect(
        verified >= least,
        {"id": name},
        f"only {verified} of {len(cases)} verify in the reference, {least} are needed for a meaningful comparison",
    )
    return group


def stricter_rules(name, environment, cases, answers):
    group = Group(name)
    for case, answer in zip(cases, answers, strict=True):
        group.expect(
            case["verdict"] and not answer["valid"] and answer["code"] == case["code"],
            case,
            f"{said(case, answer)}, expected True and {case['code']}",
        )
    group.notes.append(f"{len({case['code'] for case in cases})} rules")
    return group


def one_sided(name, environment, cases, answers):
    """Ours valid implies that the reference verifies; where only it does, a stricter rule must be the reason."""
    group, codes, both = Group(name), Counter(), 0
    for case, answer in zip(cases, answers, strict=True):
        if answer["valid"]:
            both += 1
            holds = case["verdict"] and form_fits(environment, case, answer)
        else:
            holds = not case["verdict"] or (answer["code"] in STRICTER and not case["same"])
            codes[answer["code"]] += case["verdict"]
        group.expect(holds, case, said(case, answer))
    group.notes.append(f"{both} valid in both, {sum(codes.values())} refused by a stricter rule")
    return group
