"""bin/test's last lines tell the truth: a half that did not run is never a pass."""

import json

import pytest

from tests import last_lines

FACTS = {
    "python": "3.11.2",
    "database": "SQLite 3.40.1",
    "broker": "file-system broker",
    "browser": "Chromium 140.0",
    "realdata": "not found: set KA_REALDATA to compare against the real year",
    "slow_left_out": 0,
    "counts": {"passed": 12, "failed": 0, "skipped": 2},
}


@pytest.fixture
def reports(tmp_path):
    def write(*, lint=0, **halves):
        (tmp_path / "lint.status").write_text(str(lint))
        for half, (status, facts) in halves.items():
            (tmp_path / f"{half}.status").write_text(str(status))
            if facts:
                (tmp_path / f"{half}.json").write_text(json.dumps(facts))
        return tmp_path

    return write


def test_both_halves_passed(reports, capsys):
    assert last_lines.main(reports(sqlite=(0, FACTS), postgres=(0, FACTS)), "61", "no", "sqlite", "postgres") == 0

    said = capsys.readouterr().out.splitlines()
    assert said[:3] == [
        "Lint and import rules: passed",
        "SQLite half: passed: 12 passed, 2 skipped",
        "  on Python 3.11.2, SQLite 3.40.1, file-system broker",
    ]
    assert said[-1] == "bin/test: PASSED in 1 min 1 s"


@pytest.mark.parametrize(
    ("outcome", "words"),
    [
        ({"lint": 1, "sqlite": (0, FACTS)}, "Lint and import rules: FAILED"),
        ({"sqlite": (1, {**FACTS, "counts": {"failed": 1}})}, "SQLite half: FAILED (tests failed): 1 failed"),
        ({"sqlite": (5, {**FACTS, "counts": {}})}, "SQLite half: FAILED (no test was found): no tests"),
        ({"sqlite": (0, None)}, "SQLite half: DID NOT RUN (exit 0)"),
        ({"sqlite": (3, None)}, "SQLite half: DID NOT RUN (internal error or no server to be had)"),
    ],
)
def test_anything_else_fails(reports, capsys, outcome, words):
    assert last_lines.main(reports(**outcome), "5", "no", "sqlite") == 1

    said = capsys.readouterr().out
    assert words in said.splitlines()
    assert "PostgreSQL half: not asked for" in said
    assert said.endswith("bin/test: FAILED in 0 min 5 s\n")
