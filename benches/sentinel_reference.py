"""The reference's Sentinel on the log of the first argument, as one line of JSON. Run in an environment that holds it."""

import collections
import json
import resource
import sys
import time

from trusthandoff.sentinel import Sentinel

begun = time.perf_counter()
sentinel = Sentinel()
sentinel.ingest_jsonl(sys.argv[1])
violations = sentinel.detect_violations()
seconds = time.perf_counter() - begun
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
counts = collections.Counter(violation["type"] for violation in violations)
found = {name: counts[name] for name in ("rejected_packet", "stale_capability", "overlap_window_used", "ai_generated_payload")}
print(json.dumps({"seconds": seconds, "peak_mb": peak, "found": found}))
