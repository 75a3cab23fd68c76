"""``manage.py build_reports``: what it orders, leaves behind, and how it refuses."""

import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from ka_crm.jobs import waiting
from ka_crm.jobs.models import Job
from ka_crm.jobs.runner import run_due_jobs
from reports.management.commands import build_reports
from reports.models import Report
from tests.factories import KeyAccountFactory


@pytest.fixture
def working(monkeypatch):
    """Somebody works: whenever the command waits, this thread does what is due."""

    def wait(jobs, *, show=None, seconds=None):
        run_due_jobs()
        return waiting.wait_for_jobs(jobs, show=show, seconds=seconds)

    monkeypatch.setattr(build_reports, "wait_for_jobs", wait)


def build(*words, capsys):
    call_command("build_reports", *words)
    return capsys.readouterr()


def refused(*words, capsys):
    with pytest.raises(SystemExit) as refusal:
        call_command("build_reports", *words)
    assert refusal.value.code == 1
    return capsys.readouterr()


def test_it_leaves_the_files_under_predictable_names(world, working, tmp_path, capsys):
    said = build(
        "monthly",
        "2026-03",
        "--account",
        "N1",
        "--company",
        "--format",
        "json,pdf",
        "--language",
        "en,zh-hans",
        "--out",
        str(tmp_path / "out"),
        "--wait",
        "--json",
        capsys=capsys,
    )

    names = ["monthly_2026-03_N1.en.pdf", "monthly_2026-03_N1.json", "monthly_2026-03_N1.zh-hans.pdf"]
    names += ["monthly_2026-03_company.en.pdf", "monthly_2026-03_company.json", "monthly_2026-03_company.zh-hans.pdf"]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == sorted(names)
    answer = json.loads(said.out)
    assert (answer["verdict"], answer["kind"], answer["period"]) == ("built", "monthly", "2026-03")
    assert sorted(Path(path).name for path in answer["files"]) == sorted(names)
    assert "2 reports of monthly 2026-03 are ordered" in said.err
    frozen = json.loads((tmp_path / "out/monthly_2026-03_N1.json").read_text())
    assert frozen["sections"]["headline"]["net_value"] == "500.00"


def test_without_a_choice_it_builds_everything(world, working, tmp_path, capsys):
    build("monthly", "2026-03", "--format", "json", "--out", str(tmp_path), "--wait", capsys=capsys)

    assert sorted(path.name for path in tmp_path.glob("*.json")) == [
        "monthly_2026-03_L1.json",
        "monthly_2026-03_N1.json",
        "monthly_2026-03_company.json",
        "monthly_2026-03_person-mei@example.com.json",
        "monthly_2026-03_team-East.json",
    ]


def test_without_out_the_files_go_into_the_data_folder(world, working, data_dir, capsys):
    said = build("quarterly", "2026Q1", "--account", "N1", "--format", "json", "--wait", capsys=capsys)

    assert said.out.strip() == str(data_dir / "reports/quarterly_2026Q1/quarterly_2026Q1_N1.json")


def test_a_person_is_found_by_name_or_address(world, working, tmp_path, capsys):
    build(
        "monthly",
        "2026-03",
        "--user",
        "Mei Lin",
        "MEI@example.com",
        "--format",
        "json",
        "--out",
        str(tmp_path / "out"),
        "--wait",
        capsys=capsys,
    )

    assert [path.name for path in (tmp_path / "out").iterdir()] == ["monthly_2026-03_person-mei@example.com.json"]


def test_without_wait_it_only_orders(world, capsys):
    build("monthly", "2026-03", "--account", "N1", capsys=capsys)

    assert Report.objects.get().status == "building"
    assert Job.objects.get().state == "due"


def test_when_nobody_works_it_says_what_to_start(world, monkeypatch, capsys):
    monkeypatch.setattr(build_reports, "NOBODY_WORKS_AFTER", 0)

    said = refused("monthly", "2026-03", "--account", "N1", "--wait", capsys=capsys)

    assert "No worker has taken the order in 0 s. Start one (bin/worker)" in said.err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--account", "NOPE"], "There is no account “NOPE”"),
        (["--user", "nobody"], "There is nobody named “nobody”"),
    ],
)
def test_what_does_not_exist_is_refused(world, capsys, words, message):
    said = refused("monthly", "2026-03", *words, "--json", capsys=capsys)

    assert message in said.err
    assert json.loads(said.out)["verdict"] == "refused"


def test_a_month_without_sell_out_is_refused(world, capsys):
    assert "There is no sell-out for 2020-01 yet" in refused("monthly", "2020-01", capsys=capsys).err


@pytest.mark.parametrize(
    "words",
    [
        ["plan", "2026Q1"],
        ["survey", "2026"],
        ["weekly", "2026-03"],
        ["weekly", "2026-W54"],
        ["monthly", "2026Q1"],
        ["quarterly", "2026-03"],
        ["monthly", "soon"],
        ["monthly", "2026-03", "--format", "docx"],
        ["monthly", "2026-03", "--language", "fr"],
        ["monthly", "2026-03", "--out", "somewhere"],
    ],
)
def test_wrong_usage_is_exit_2(world, words):
    with pytest.raises(CommandError) as wrong:
        call_command("build_reports", *words)

    assert wrong.value.returncode == 2 or words[0] == "weekly"  # the parser's own refusal is exit 2 on a command line
    assert not Report.objects.exists()


def test_two_subjects_of_one_file_name_do_not_overwrite_each_other(world, working, tmp_path, capsys):
    for code in ("N/1", "N:1"):
        KeyAccountFactory(code=code)

    build("monthly", "2026-03", "--account", "N/1", "N:1", "--format", "json", "--out", str(tmp_path / "out"), "--wait", capsys=capsys)

    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["monthly_2026-03_N_1-2.json", "monthly_2026-03_N_1.json"]
