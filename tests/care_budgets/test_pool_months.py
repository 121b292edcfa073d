"""A line of a pool with months that are in and a profile with months of zero: nothing is counted twice or dropped, or it is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from capmodel.cli import main

EARLY, LATE = [0, 0] + [1] * 10, [1] * 10 + [0, 0]


def pool(tmp_path: Path, **line: Any) -> Path:
    stated = {
        "id": "p", "title": "Pool", "status": "illustrative", "source": "c04", "host": "council",
        "partners": {"icb": {"contribution_gbp": {2025: 600}}, "council": {"contribution_gbp": {2025: 400}}},
        "lines": [{"id": "a", "label": "Care at home", "budget_gbp": {2025: 700}, **line}, {"id": "b", "label": "Aids", "budget_gbp": {2025: 300}, "spend_gbp": {2025: 300}}],
    }  # fmt: skip
    path = tmp_path / "pool.yaml"
    path.write_text(yaml.safe_dump(stated, sort_keys=False), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("forecast", "spend", "year"),
    [("stated", {2025: 1200}, "£1,200.00"), ("run_rate", None, "£1,200.00"), ("budget", None, "£900.00")],
)
def test_months_that_are_in_count_once_where_the_profile_gives_them_nothing(
    forecast: str, spend: dict[int, float] | None, year: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    line = {"spend_by_month_gbp": {2025: [100, 100]}, "profile": EARLY, "forecast": forecast}
    assert main(["pool", str(pool(tmp_path, **line, **({"spend_gbp": spend} if spend else {})))]) == 0
    assert f"Care at home: spent {year} of £700.00" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (
            {"spend_by_month_gbp": {2025: [100, 100]}, "profile": EARLY, "forecast": "profile"},
            "the profile of a is zero in the months of 2025 that are in; nothing follows from it for the rest",
        ),
        (
            {"spend_by_month_gbp": {2025: [50] * 10}, "profile": LATE, "forecast": "run_rate"},
            "the profile of a is zero in the months of 2025 to come; what run_rate forecasts would fall into no month",
        ),
        (
            {"spend_by_month_gbp": {2025: [50] * 10}, "profile": LATE, "forecast": "stated", "spend_gbp": {2025: 700}},
            "the profile of a is zero in the months of 2025 to come; what is stated would fall into no month",
        ),
        ({"spend_by_month_gbp": {2025: [10, -110]}, "forecast": "run_rate"}, "the months of 2025 that are in come to -100.00"),
    ],
)
def test_a_profile_that_forecasts_nothing_and_spend_below_zero_are_refused(
    line: dict[str, Any], words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["pool", str(pool(tmp_path, **line))]) == 2
    said = " ".join(capsys.readouterr().err.split())
    assert "1 problem found" in said and words in said, said


def test_a_profile_may_be_zero_in_the_months_to_come_where_nothing_is_spent_in_them(tmp_path: Path) -> None:
    line = {"spend_by_month_gbp": {2025: [50] * 10}, "profile": LATE, "forecast": "stated", "spend_gbp": {2025: 500}}
    assert main(["pool", str(pool(tmp_path, **line))]) == 0
    assert main(["pool", str(pool(tmp_path, spend_by_month_gbp={2025: [50] * 10}, profile=LATE, forecast="profile"))]) == 0
