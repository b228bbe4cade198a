"""Times the reference's own gate: a line of envelopes in, a line of times in µs out. Run in an environment that holds it."""

import json
import sys
import time

from trusthandoff import TrustHandoffMiddleware, envelope_from_json

gate = TrustHandoffMiddleware()

for line in sys.stdin:
    times = []
    for text in json.loads(line):
        begun = time.perf_counter_ns()
        decision = gate.handle(envelope_from_json(text))
        times.append((time.perf_counter_ns() - begun) / 1000)
        if decision.decision != "ACCEPT":
            sys.exit(f"the reference refused a genuine envelope: {decision.reason}")
    print(json.dumps(times), flush=True)
