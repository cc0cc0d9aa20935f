"""A bulk job's directory: durable shards, and no mixing of jobs."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet
import pytest

from cluster.bulk_job import Job, JobError, identity_of
from models.cards import card

DEFINITION: dict[str, Any] = {"items": 5, "shard_size": 2, "service": "liveness_detection", "models": {"face": "1"}}


def results(*rows: int) -> pa.Table:
    count = len(rows)
    return pa.table({"row": rows, "verdict": ["genuine"] * count, "error_code": pa.nulls(count, pa.string())})


def test_shards_are_consecutive_items_and_the_last_one_is_shorter(tmp_path: Path) -> None:
    with Job.opened(tmp_path, DEFINITION) as job:
        assert [list(job.rows(shard)) for shard in job.unfinished()] == [[0, 1], [2, 3], [4]]


def test_a_finished_shard_is_whole_ordered_and_not_asked_for_again(tmp_path: Path) -> None:
    with Job.opened(tmp_path, DEFINITION) as job:
        job.finish(1, results(3, 2))
    with Job.opened(tmp_path, DEFINITION) as again:
        assert again.unfinished() == [0, 2]
        assert pa.parquet.read_table(again.file(1))["row"].to_pylist() == [2, 3]


@pytest.mark.parametrize("rows", [(2,), (2, 2), (2, 3, 3), (0, 1), (2, 3, 4)])
def test_results_that_are_not_the_shards_items_are_never_written(tmp_path: Path, rows: tuple[int, ...]) -> None:
    with Job.opened(tmp_path, DEFINITION) as job:
        with pytest.raises(JobError, match="shard 1"):
            job.finish(1, results(*rows))
        assert not list(tmp_path.glob("*.parquet"))


@pytest.mark.parametrize(
    "other", [{"service": "identity"}, {"shard_size": 3}, {"items": 6}, {"models": {"face": "2"}}, {"new": 1}]
)
def test_another_job_is_refused_and_told_what_differs(tmp_path: Path, other: dict[str, Any]) -> None:
    with Job.opened(tmp_path, DEFINITION) as job:
        job.finish(0, results(0, 1))
    with pytest.raises(JobError, match=next(iter(other))), Job.opened(tmp_path, DEFINITION | other):
        pass
    with Job.opened(tmp_path, DEFINITION) as again:
        assert again.unfinished() == [1, 2]


def test_two_processes_never_work_on_one_job(tmp_path: Path) -> None:
    with (
        Job.opened(tmp_path, DEFINITION),
        pytest.raises(JobError, match="another process"),
        Job.opened(tmp_path, DEFINITION),
    ):
        pass


def test_result_files_of_an_unknown_job_are_refused(tmp_path: Path) -> None:
    pa.parquet.write_table(results(0, 1), tmp_path / "shard-000000.parquet")
    with pytest.raises(JobError, match=r"no job\.json"), Job.opened(tmp_path, DEFINITION):
        pass


def test_what_a_killed_job_left_half_written_is_cleared_away(tmp_path: Path) -> None:
    with Job.opened(tmp_path, DEFINITION) as job:
        (tmp_path / ".unfinished-0").write_bytes(b"half")
        (job.attempts / "3").write_bytes(b"...")
    with Job.opened(tmp_path, DEFINITION) as again:
        assert not (tmp_path / ".unfinished-0").exists()
        assert not list(again.attempts.iterdir())
        assert again.unfinished() == [0, 1, 2]


def test_the_outcome_counts_verdicts_and_errors_over_all_shards(tmp_path: Path) -> None:
    failed = pa.table({"row": [2, 3], "verdict": [None, "suspicious"], "error_code": ["corrupt_media", None]})
    with Job.opened(tmp_path, DEFINITION) as job:
        job.finish(0, results(0, 1))
        job.finish(1, failed)
        assert job.outcome() == ({"genuine": 2, "suspicious": 1}, {"corrupt_media": 1})


def test_a_model_with_another_version_weights_or_constants_is_another_model() -> None:
    known = card("face/pad-fusion")
    others = [
        replace(known, version="other"),
        replace(known, weights=("yunet",)),
        replace(known, parameters={**known.parameters, "threshold": 0.123}),
    ]
    assert len({identity_of(model) for model in (known, *others)}) == 4
    assert identity_of(replace(known, limits=("reworded",))) == identity_of(known)
