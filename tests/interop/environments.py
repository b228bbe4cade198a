"""Virtual environments that hold the Python reference, each pinned to the last package.

Three of them, because the bytes the reference signs depend on more than its own version: 0.3.3 writes floats of 1e16 and
above as pydantic does, and pydantic changed that with 2.13. Everything is installed with --no-deps from a complete list:
0.4.0 declares a dependency on `sentinel-core`, an unrelated project that makes network calls when imported and must never
be installed.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
HOME = ROOT / ".tools" / "interop"

COMMON = (
    "cryptography==43.0.3",
    "cffi==2.1.1",
    "pycparser==3.12",
    "annotated-types==0.8.0",
    "typing-extensions==4.16.0",
    "typing-inspection==0.4.5",
)


class Environment(NamedTuple):
    """One release of the reference; `form` is the packet form that it signs and verifies."""

    name: str
    form: str
    packages: tuple

    @property
    def folder(self):
        return HOME / self.name

    @property
    def python(self):
        return self.folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


ENVIRONMENTS = (
    Environment(
        "0.3.3-pydantic2.12", "0.3.3", ("trusthandoff==0.3.3", "pydantic==2.12.5", "pydantic-core==2.41.5") + COMMON
    ),
    Environment(
        "0.3.3-pydantic2.14", "0.3.3", ("trusthandoff==0.3.3", "pydantic==2.14.3", "pydantic-core==2.50.4") + COMMON
    ),
    Environment(
        "0.4.0-pydantic2.14", "0.4.0", ("trusthandoff==0.4.0", "pydantic==2.14.3", "pydantic-core==2.50.4") + COMMON
    ),
)


class Missing(Exception):
    """Something the machine lacks; the text is one line that says what and how to get it."""


def ensure(say=print):
    """Makes every environment ready and returns them. Quick when they already are."""
    if sys.version_info < (3, 11):
        raise Missing(
            f"Python 3.11 or newer is needed (this is {sys.version.split()[0]}): install it and run this with it"
        )
    for environment in ENVIRONMENTS:
        _ensure_one(environment, say)
    return ENVIRONMENTS


def _ensure_one(environment, say):
    marker = environment.folder / "ready"
    wanted = hashlib.sha256("\n".join((sys.version,) + environment.packages).encode()).hexdigest()
    if environment.python.exists() and marker.exists() and marker.read_text() == wanted:
        say(f"reference {environment.name}: ready")
        return
    say(f"reference {environment.name}: installing into {environment.folder.relative_to(ROOT)} …")
    shutil.rmtree(environment.folder, ignore_errors=True)
    environment.folder.parent.mkdir(parents=True, exist_ok=True)
    _run(
        [sys.executable, "-m", "venv", str(environment.folder)],
        "Python's venv module is incomplete: install it (Debian: apt-get install python3-venv)",
    )
    # Wheels only: building from source would run code that is not pinned.
    _run(
        [
            str(environment.python),
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "--no-deps",
            "--only-binary",
            ":all:",
        ]
        + list(environment.packages),
        f"a package of {environment.name} cannot be installed: check the network and PyPI",
    )
    _run(
        [str(environment.python), "-c", "import trusthandoff"],
        f"the reference in {environment.name} cannot be imported",
    )
    marker.write_text(wanted)


def _run(command, complaint):
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        lines = [line for line in (done.stderr or done.stdout).strip().splitlines() if line.strip()]
        raise Missing(f"{complaint} ({lines[-1].strip() if lines else 'no further message'})")


if __name__ == "__main__":
    try:
        ensure(lambda line: print(line, flush=True))
    except Missing as missing:
        sys.exit(f"interop: {missing}")
