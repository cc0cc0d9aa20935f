"""The page of the active-liveness benchmark, from lines made by hand."""

import json
from pathlib import Path
from typing import Any

from benchmarks.active_liveness import gathered
from benchmarks.active_liveness_page import page
from pipelines.identity.active_liveness.verify import NAMES


def line(kind: str, number: int, verdict: str, **failed: str) -> dict[str, Any]:
    wrong = {f"active.{name}": reason for name, reason in failed.items()}
    checks = {name: ["failed", [wrong[name]]] if name in wrong else ["passed", []] for name in NAMES}
    person = f"p{number}"
    return {"kind": kind, "number": number, "person": person, "verdict": verdict, "cpu_s": 2.5, "checks": checks}


HONEST = [line("honest", n, "genuine") for n in range(19)] + [line("honest", 19, "suspicious", order="too_slow")]
ATTACKS = [line("still_held", n, "suspicious", order="nothing_moved") for n in range(9)]


def test_refused_people_and_attacks_that_pass_are_counted_and_named() -> None:
    text = page([*HONEST, *ATTACKS, line("person_swap", 0, "genuine")], "test", "p.png")
    assert "accepted: 19 of 20** (95.0 %" in text
    assert "rejected: 9 of 10** (90.0 %" in text
    assert "| honest | 20 | 20 | 19 | 19 | too_slow 1 |" in text
    assert "| person_swap | 1 | 1 | 1 | 1 | none |" in text


def test_a_clip_that_two_processes_judged_counts_once(tmp_path: Path) -> None:
    for part in (1, 2):
        (tmp_path / f"test-{part}.jsonl").write_text("".join(json.dumps(one) + "\n" for one in HONEST[: 5 * part]))
    (tmp_path / "tune-1.jsonl").write_text(json.dumps(ATTACKS[0]) + "\n")
    assert len(gathered(tmp_path, "test")) == 10
