"""Files that one can read, functions that one can hold in mind, and nothing that belongs to one machine."""

import ast
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
FOLDERS = ["ka_crm", "team", "accounts", "sales", "contracts", "promotions", "fees", "visits", "reports", "tests", "bin", "benchmarks"]
SOURCES = sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py"))
LONGEST_FILE, LONGEST_FUNCTION = 600, 60


def test_no_file_is_longer_than_one_sitting():
    lengths = {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in SOURCES if "migrations" not in path.parts}

    assert {name: lines for name, lines in lengths.items() if lines > LONGEST_FILE} == {}


def test_no_function_is_longer_than_one_screen():
    long = [
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name}: {node.end_lineno - node.lineno + 1}"
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno - node.lineno + 1 > LONGEST_FUNCTION
    ]

    assert long == []


def templates():
    return sorted(path for path in (ROOT / "templates").rglob("*.html"))


# Written in pieces, so that this file does not find itself.
FORBIDDEN = {
    "inline style": re.compile(r"\sstyle=" + '"'),
    "inline handler": re.compile(r"\son[a-z]+=" + '"'),
    "inline script": re.compile(r"<script(?![^>]*\ssrc=)(?![^>]*type=.application/json)[^>]*>"),
}


@pytest.mark.parametrize("what", FORBIDDEN)
def test_templates_keep_to_the_content_security_policy(what):
    guilty = [str(path.relative_to(ROOT)) for path in templates() if FORBIDDEN[what].search(path.read_text())]

    assert guilty == []


@pytest.mark.parametrize("script", ["setup", "run", "web", "worker", "demo", "lint", "test", "lock", "backup", "restore"])
def test_scripts_are_valid_bash_and_executable(script):
    path = ROOT / "bin" / script

    assert subprocess.run(["bash", "-n", str(path)], capture_output=True).returncode == 0
    assert path.stat().st_mode & 0o111


def test_the_locks_hold_a_hash_for_every_package_and_no_index():
    for name in ("requirements.txt", "requirements-dev.txt"):
        text = (ROOT / name).read_text()
        packages = re.findall(r"^([a-z0-9._-]+(?:\[[a-z,]+\])?)==\S+(.*(?:\n    .*)*)", text, re.MULTILINE | re.IGNORECASE)
        assert len(packages) > 40
        assert [package for package, rest in packages if "--hash=sha256:" not in rest] == []
        assert not re.search(r"^--?(index|extra-index|find-links|f |i )", text, re.MULTILINE)


def test_every_direct_requirement_is_locked_in_the_version_that_it_names():
    locked = set(re.findall(r"^([a-z0-9._-]+==[^\s;]+)", (ROOT / "requirements-dev.txt").read_text(), re.MULTILINE | re.IGNORECASE))
    wanted = set()
    for name in ("requirements.in", "requirements-dev.in"):
        wanted |= {re.sub(r"\[.*?\]", "", line.strip()) for line in (ROOT / name).read_text().splitlines() if "==" in line}

    assert {line.lower() for line in wanted} - {line.lower() for line in locked} == set()


def test_every_setting_of_the_environment_is_documented():
    sources = [ROOT / "ka_crm" / name for name in ("settings.py", "celery_settings.py")] + [ROOT / "bin" / name for name in ("web", "run")]
    read = set().union(*(re.findall(r"\b(?:KA_[A-Z_]+[A-Z]|DATABASE_URL|REDIS_URL|EMAIL_URL)\b", path.read_text()) for path in sources))
    told = set(re.findall(r"[A-Z][A-Z_]+[A-Z]", (ROOT / "docs" / "operations.md").read_text()))

    assert sorted(read - told - {"KA_MAX_UPLOAD_BYTES"}) == []  # that one is KA_MAX_UPLOAD_MB in bytes


def test_documents_link_to_what_is_there():
    missing = []
    for document in [ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").rglob("*.md")]:
        for target in re.findall(r"\]\((?!https?:)([^)#]+)", document.read_text()):
            if not (document.parent / target).exists():
                missing.append(f"{document.relative_to(ROOT)}: {target}")

    assert missing == []
