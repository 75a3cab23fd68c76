"""The last lines of bin/test: what ran where, what did not and why, and one verdict.

    python tests/last_lines.py FOLDER SECONDS yes|no HALF…

FOLDER holds ``HALF.status`` (pytest's exit code), ``HALF.json`` (written by tests/conftest.py) and ``lint.status``.
"""

import json
import sys
from pathlib import Path

NAMES = {"sqlite": "SQLite half", "postgres": "PostgreSQL half"}
PYTEST_SAYS = {
    1: "tests failed",
    2: "interrupted",
    3: "internal error or no server to be had",
    4: "wrong arguments",
    5: "no test was found",
}


def half_lines(folder, half):
    """(lines, passed) of one half; a half that left no report did not run, whatever its exit code."""
    status = int((folder / f"{half}.status").read_text())
    report = folder / f"{half}.json"
    if not report.exists():
        return [f"{NAMES[half]}: DID NOT RUN ({PYTEST_SAYS.get(status, f'exit {status}')})"], False
    facts = json.loads(report.read_text())
    counts = ", ".join(f"{number} {outcome}" for outcome, number in facts["counts"].items() if number) or "no tests"
    verdict = "passed" if status == 0 else f"FAILED ({PYTEST_SAYS.get(status, f'exit {status}')})"
    lines = [
        f"{NAMES[half]}: {verdict}: {counts}",
        f"  on Python {facts['python']}, {facts['database']}, {facts['broker']}",
        f"  browser: {facts['browser']}",
        f"  real data (KA_REALDATA): {facts['realdata']}",
    ]
    if facts["slow_left_out"]:
        lines.append(f"  {facts['slow_left_out']} slow tests left out: bin/test --all runs them")
    return lines, status == 0


def main(folder, seconds, slow, *halves):
    folder = Path(folder)
    linted = int((folder / "lint.status").read_text()) == 0
    lines, passed = [f"Lint and import rules: {'passed' if linted else 'FAILED'}"], [linted]
    for half in NAMES:
        if half in halves:
            said, well = half_lines(folder, half)
            lines += said
            passed.append(well)
        else:
            lines.append(f"{NAMES[half]}: not asked for")
    name, verdict = "bin/test --all" if slow == "yes" else "bin/test", "PASSED" if all(passed) else "FAILED"
    lines.append(f"{name}: {verdict} in {int(seconds) // 60} min {int(seconds) % 60} s")
    print("\n".join(lines))
    return 0 if all(passed) else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
