"""Event logs both ways: the package's Sentinel reads what the reference dumped, the reference's what our gates wrote.

On one log the package finds at least what the reference's `detect_violations` does, member by member. `make` and `judge`
run inside an environment of 0.3.3, whose Sentinel it is: that of 0.4.0 is a shim over a package that is not installed.
"""

import json
import random
import tempfile
from datetime import datetime, timedelta, timezone
from pathlib import Path

MEMBERS = {
    "rejected_packet": ("packet_id", "reason"),
    "stale_capability": ("capability_id", "reason"),
    "overlap_window_used": ("packet_id", "reason"),
    "ai_generated_payload": ("packet_id", "source", "model"),
}


def make(seed, count, path):
    """A log that the reference's own validation and watchers tell, dumped by it; then what its Sentinel finds."""
    import random_objects as draw
    from objects import IDENTITIES, signed_packet
    from trusthandoff import validate_packet
    from trusthandoff.events import dump_events_to_jsonl, emit_event
    from trusthandoff.overlap import register_overlap
    from trusthandoff.revalidation import RevalidationWatcher
    from trusthandoff.sentinel import Sentinel

    rng = random.Random(f"audits {seed}")
    now = datetime.now(timezone.utc)
    faults = {
        "good": {},
        "by an AI": {"ai_provenance": {"source": "model \U0001f600", "model": "m"}},
        "by an AI of no name": {"ai_provenance": {"source": ["a", {"b": 1.5}]}},
        "of no source": {"ai_provenance": {"model": "m"}},
        "expired": {"issued_at": now - timedelta(hours=1)},
        "in its overlap": {"issued_at": now - timedelta(hours=1)},
        "early": {"issued_at": now + timedelta(hours=1)},
        "ended before it began": {"risk_level": None, "expires_at": now - timedelta(hours=2)},
        "unreviewed": {"constraints": {"requires_human_review": True}},
    }
    for number in range(count):
        name, fault = list(faults.items())[number % len(faults)]
        fields = draw.packet(rng)
        sender, receiver = rng.sample(IDENTITIES, 2)
        fields.update(
            packet_id=f"audit-{seed}-{number}-{draw.text(rng)}",
            to_agent=receiver.agent_id,
            issued_at=now - timedelta(seconds=rng.randint(0, 60)),
            expires_at=None,
            risk_level=rng.choice(("read", "write")),
            ttl_seconds=None,
            context={},
            constraints=None,
            ai_provenance=None,
        )
        fields.update(fault)
        packet = signed_packet(fields, sender)
        if name == "in its overlap":
            register_overlap(packet.packet_id)
        validate_packet(packet)
        if name == "good" and rng.random() < 0.3:
            stale(RevalidationWatcher, packet.packet_id, rng)
    emit_event("something_else", {"packet_id": None, "note": "\u2028 one line \u0085 of JSON"})
    dump_events_to_jsonl(path)
    sentinel = Sentinel()
    sentinel.ingest()
    yield from sentinel.detect_violations()


def stale(watcher, capability_id, rng):
    """A watcher whose capability is found revoked, expired, or not at all."""

    def fails():
        raise ValueError('"x"\n')

    over = datetime(2026, 1, 1, tzinfo=timezone.utc)
    fn, expires = rng.choice(((lambda: False, None), (fails, None), (lambda: True, over)))
    one = watcher(fn, capability_id, revalidate_every_seconds=0.5, jitter=0, expires_at=expires)
    one._stop_event.wait = lambda *_: False
    one.start()
    one._thread.join(5)


def judge(path):
    """What the reference finds in a log that somebody else wrote."""
    from trusthandoff.sentinel import Sentinel

    sentinel = Sentinel()
    sentinel.ingest_jsonl(path)
    yield from sentinel.detect_violations()


def found_by_ours(path):
    """Of the findings of `sentinel --json` those that the reference knows, with the members that it tells."""
    from programs import CLI, run

    told = run(["node", CLI, "sentinel", path, "--json"], exits=(0, 1))
    findings = [line for line in told if line["type"] != "summary"]
    known = [finding for finding in findings if finding["type"] in MEMBERS]
    return [{name: one.get(name) for name in ("type", *MEMBERS[one["type"]])} for one in known], findings


def compared(group, theirs, ours, least):
    """Both in the order of the log, so one by one."""
    for number in range(max(len(theirs), len(ours))):
        one, other = [found[number] if number < len(found) else None for found in (theirs, ours)]
        text = json.dumps(one or other)
        group.expect(one == other, {"id": f"violation {number + 1}", "text": text}, f"reference {one}, ours {other}")
    kinds = {violation["type"] for violation in theirs}
    group.expect(
        kinds >= least,
        {"id": group.name},
        f"the reference found {sorted(kinds)} only, {sorted(least)} are needed for a meaningful comparison",
    )
    group.notes.append(f"{len(kinds)} kinds")


def audits(environment, number, options):
    from comparison import Group
    from programs import HERE, Broken, reference, run

    # Fewer hold not every kind.
    seed, count = options.seed * 10 + number, max(100, options.small)
    with tempfile.TemporaryDirectory() as folder:
        theirs = str(Path(folder) / "reference.jsonl")
        violations = reference(environment, "audit-log", seed, count, theirs)
        group = Group(f"{environment.name} → ours, its event log")
        compared(group, violations, found_by_ours(theirs)[0], set(MEMBERS))
        yield group

        ours = str(Path(folder) / "package.jsonl")
        run(["node", HERE / "audits.mjs", ours, seed, count])
        group = Group(f"ours → {environment.name}, our event log")
        known, all_found = found_by_ours(ours)
        # A replay and a forgery are more to us than a refusal.
        beyond = {finding["type"] for finding in all_found} - set(MEMBERS)
        if not {"replay_attempt", "tampered_packet", "forged_identity"} <= beyond:
            raise Broken(f"our log gave {sorted(beyond)} beyond the reference's findings")
        compared(group, reference(environment, "judge-log", ours), known, set(MEMBERS))
        group.notes.append(f"{len(beyond)} more kinds by ours")
        yield group

