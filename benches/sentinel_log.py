"""Writes an event log of `argv[2]` bytes to the path `argv[1]`. The reference itself makes and writes every line: its
`validate_packet` decides over packets of 300 agents, its `emit_event` and `dump_events_to_jsonl` tell of it.

Of 100 packets 93 are plainly good, 4 were made by an AI, 2 have expired, a tenth of them within an overlap, and 1 lacks the
approval it needs; of 1000 one has a capability that went stale. Only the clock is ours: a packet every half a second."""

import os
import random
import sys
import tempfile
import uuid
from datetime import datetime, timedelta, timezone

from trusthandoff import events, overlap, validation
from trusthandoff.packet import Constraints, Permissions, SignedTaskPacket
from trusthandoff.revalidation import RevalidationWatcher

AGENTS = 300
RECEIVERS_OF_EACH = 3
STEP = timedelta(milliseconds=500)
BATCH = 10_000

path, size = sys.argv[1], int(sys.argv[2])
chance = random.Random(1)


class Clock(datetime):
    """What the reference takes for the time."""

    moment = datetime(2026, 3, 8, 12, tzinfo=timezone.utc)

    @classmethod
    def now(cls, tz=None):
        cls.moment += timedelta(microseconds=chance.randrange(20, 400))
        return cls.moment


events.datetime = validation.datetime = overlap.datetime = Clock
agents = [f"agent:{uuid.UUID(int=chance.getrandbits(128)).hex[:16]}" for _ in range(AGENTS)]
rights = Permissions(allowed_actions=["read"])
people = Constraints(requires_human_review=True)


def packet():
    sender = chance.randrange(AGENTS)
    kind = chance.randrange(100)
    risk = chance.choice([None, "read", "write"])
    issued = Clock.moment - (timedelta(hours=1) if kind < 2 else timedelta(seconds=1))
    return SignedTaskPacket(
        packet_id=str(uuid.uuid4()),
        task_id=str(uuid.uuid4()),
        from_agent=agents[sender],
        to_agent=agents[(sender + 1 + chance.randrange(RECEIVERS_OF_EACH)) % AGENTS],
        issued_at=issued,
        expires_at=None if risk else issued + timedelta(minutes=5),
        nonce="n",
        intent="Summarize the findings",
        permissions=rights,
        constraints=people if kind == 2 else None,
        signature_algo="Ed25519",
        signature="-",
        public_key="-",
        risk_level=risk,
        ai_provenance={"source": "ai_model", "model": "model-1"} if 3 <= kind < 7 else None,
    )


with open(path, "wb") as log, tempfile.TemporaryDirectory() as folder:
    part = os.path.join(folder, "part.jsonl")
    while log.tell() < size:
        for _ in range(BATCH):
            Clock.moment += STEP
            given = packet()
            if chance.randrange(10) == 0:
                overlap.register_overlap(given.packet_id)
            if chance.randrange(1000) == 0:
                watcher = RevalidationWatcher(lambda: False, str(uuid.uuid4()), expires_at=Clock.moment - STEP)
                watcher.logger.disabled = True
                watcher._check_expiry()
            validation.validate_packet(given)
        events.dump_events_to_jsonl(part)
        events.clear_events()
        with open(part, "rb") as piece:
            log.write(piece.read())
