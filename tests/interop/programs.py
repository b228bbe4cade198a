"""Programs that take part: each in a process of its own, JSON lines in and out."""

import json
import subprocess
from pathlib import Path

import environments

HERE = Path(__file__).resolve().parent
CLI = environments.ROOT / "pkg" / "dist" / "bin" / "trusthandoff.js"


class Broken(Exception):
    """A program that could not do its part; one line."""


def run(command, stdin=None, exits=(0,)):
    """The JSON lines that a command prints."""
    done = subprocess.run(
        [str(part) for part in command], input=stdin, capture_output=True, text=True, encoding="utf-8"
    )
    if done.returncode not in exits:
        lines = done.stderr.strip().splitlines() or ["nothing on standard error"]
        # Node ends with its version, Python with the error.
        telling = [line.strip() for line in lines if "Error" in line] or lines
        raise Broken(
            f"`{' '.join(Path(str(part)).name for part in command[:3])} …` ended with {done.returncode}: {telling[-1]}"
        )
    # U+2028 and its like end a line for `splitlines`, not in JSON.
    return [json.loads(line) for line in done.stdout.split("\n") if line]


def reference(environment, *arguments, stdin=None):
    return run([environment.python, "-B", HERE / "reference.py", *arguments], stdin)


def lines(cases, *names):
    return "".join(json.dumps({name: case[name] for name in names}) + "\n" for case in cases)


def answering(cases, answers):
    """The answers, once it is certain that each belongs to its case."""
    if [answer["id"] for answer in answers] != [case["id"] for case in cases]:
        raise Broken(f"{len(cases)} lines were asked and {len(answers)} answered, or under other ids")
    return answers
