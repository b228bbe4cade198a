"""The reference's Sentinel on the log of the first argument, as one line of JSON. Run in an environment that holds it."""

import json
import resource
import sys
import time

from trusthandoff.sentinel import Sentinel

begun = time.perf_counter()
sentinel = Sentinel()
sentinel.ingest_jsonl(sys.argv[1])
found = sum(violation["type"] == "rejected_packet" for violation in sentinel.detect_violations())
seconds = time.perf_counter() - begun
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps({"seconds": seconds, "peak_mb": peak, "found": {"rejected_packet": found}}))
