"""`veriscope bulk` on real weights and real pictures: same answers as elsewhere, nothing lost, nothing twice."""

import asyncio
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import matplotlib
import psutil
import pyarrow as pa
import pyarrow.parquet
import pytest
import skimage
from PIL import Image

from cluster.bulk import definition_of
from cluster.bulk_judge import MAX_ATTEMPTS, Judge
from cluster.bulk_manifest import SCHEMA, read_manifest
from pipelines.context import Context
from pipelines.local import LocalModels, LocalWorkers
from pipelines.media.decoder import IsolatedDecoder
from pipelines.services import SERVICES
from tests.running import weights_cache

from ..unit.pipelines.media.samples import endless_video

pytestmark = pytest.mark.weights

ROOT = Path(__file__).resolve().parents[2]
ASTRONAUT = Path(skimage.__file__).parent / "data/astronaut.png"
ROCKET = Path(skimage.__file__).parent / "data/rocket.jpg"
HOPPER = Path(matplotlib.__file__).parent / "mpl-data/sample_data/grace_hopper.jpg"


@pytest.fixture(scope="module", autouse=True)
def _weights() -> None:
    weights_cache()


def smaller(picture: Path, side: int) -> bytes:
    """A JPEG of the picture, cheap to judge, different for every size."""
    image = Image.open(picture).convert("RGB")
    image.thumbnail((side, side))
    target = io.BytesIO()
    image.save(target, "JPEG", quality=90)
    return target.getvalue()


def start(*arguments: object) -> subprocess.Popen[str]:
    """The command in a session of its own, with its output piped."""
    command = [
        sys.executable,
        "-m",
        "cluster.cli",
        "bulk",
        "run",
        *map(str, arguments),
        "--max-cpus",
        "1",
        "--nice",
        "0",
    ]
    return subprocess.Popen(
        command, cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True
    )


def finish(process: subprocess.Popen[str]) -> str:
    output, _ = process.communicate(timeout=240)
    assert process.returncode == 0, output
    return output


def until(what: Callable[[], Any], process: subprocess.Popen[str], timeout: float = 200) -> Any:
    """Waits until `what` is true, while the job runs."""
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        if found := what():
            return found
        assert process.poll() is None, process.communicate()[0]
        time.sleep(0.02)
    raise AssertionError("the job did not come that far")


def tree(process: subprocess.Popen[str]) -> list[psutil.Process]:
    return psutil.Process(process.pid).children(recursive=True)


def judges(process: subprocess.Popen[str]) -> list[psutil.Process]:
    """The worker processes that hold models."""
    found = []
    for child in tree(process):
        try:
            title = " ".join(child.cmdline())
        except psutil.Error:
            continue
        if "MapWorker" in title:
            found.append(child)
    return found


def shards(out: Path) -> dict[str, tuple[int, int]]:
    """Every finished result file with its inode and time of change."""
    return {file.name: (file.stat().st_ino, file.stat().st_mtime_ns) for file in sorted(out.glob("shard-*.parquet"))}


def results(out: Path) -> list[dict[str, Any]]:
    return [row for name in shards(out) for row in pa.parquet.read_table(out / name).to_pylist()]


def untimed(report: dict[str, Any]) -> dict[str, Any]:
    """A report without what differs from run to run: how long its checks took."""
    return report | {"checks": [{**check, "ms": None} for check in report["checks"]]}


def judged_here(service: str, items: Sequence[dict[str, Path]]) -> list[dict[str, Any]]:
    """The reports of the same pipelines in this process, as `veriscope check` makes them."""

    async def judge() -> list[dict[str, Any]]:
        async with IsolatedDecoder() as decoder:
            workers = LocalWorkers(decoder, LocalModels())
            reports = [
                await SERVICES[service].run(Context({role: path.read_bytes() for role, path in item.items()}, workers))
                for item in items
            ]
        return [untimed(json.loads(json.dumps(report.to_json()))) for report in reports]

    return asyncio.run(judge())


def block(*paths: str, references: Sequence[str | None] | None = None) -> pa.Table:
    items = [
        {"row": row, "id": path, "path": path, "reference": references[row] if references else None}
        for row, path in enumerate(paths)
    ]
    return pa.Table.from_pylist(items, schema=SCHEMA)


def test_a_job_gives_the_reports_of_the_api_and_rows_for_what_it_cannot_judge(tmp_path: Path) -> None:
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    for source in (ASTRONAUT, ROCKET, HOPPER):
        shutil.copy(source, pictures)
    (pictures / "cut.jpg").write_bytes(HOPPER.read_bytes()[:300])
    (tmp_path / "manifest.csv").write_text(
        "id,path,portrait\n"
        f"same,pictures/{HOPPER.name},pictures/{HOPPER.name}\n"
        f"other,pictures/{ASTRONAUT.name},pictures/{HOPPER.name}\n"
        f"alone,pictures/{ASTRONAUT.name},\n"
        f"nobody,pictures/{ROCKET.name},pictures/{HOPPER.name}\n"
        f"gone,pictures/gone.jpg,pictures/{HOPPER.name}\n"
        f"cut,pictures/cut.jpg,pictures/{HOPPER.name}\n"
    )
    out = tmp_path / "out"
    arguments = (tmp_path / "manifest.csv", "--out", out, "--service", "identity", "--reference-column", "portrait")
    output = finish(start(*arguments, "--shard-size", 4))
    rows = {row["id"]: row for row in results(out)}

    assert [row["row"] for row in rows.values()] == list(range(6))
    assert {name: row["error_code"] for name, row in rows.items() if row["error_code"]} == {
        "gone": "unreadable", "cut": "corrupt_media",
    }  # fmt: skip
    here = [
        {"selfie": HOPPER, "reference": HOPPER},
        {"selfie": ASTRONAUT, "reference": HOPPER},
        {"selfie": ASTRONAUT},
        {"selfie": ROCKET, "reference": HOPPER},
    ]
    expected = dict(zip(("same", "other", "alone", "nobody"), judged_here("identity", here), strict=True))
    assert {name: untimed(json.loads(rows[name]["report"])) for name in expected} == expected
    assert {name: rows[name]["verdict"] for name in expected} == {n: r["verdict"] for n, r in expected.items()}
    assert (rows["same"]["face_match_status"], rows["other"]["face_match_status"]) == ("passed", "failed")
    assert rows["nobody"]["liveness_reasons"] == "no_face"
    liveness = next(check for check in expected["alone"]["checks"] if check["name"] == "liveness")
    assert (rows["alone"]["liveness_score"], rows["alone"]["face_match_score"]) == (liveness["score"], None)
    assert "face/detector" in json.loads(rows["same"]["models"])

    assert "6 of 6 items" in output
    assert "error: corrupt_media" in output
    assert "\x1b" not in output, "no terminal codes in a pipe"
    again = finish(start(*arguments, "--shard-size", 4))
    assert "6 of 6 items are finished already" in again


def test_a_job_killed_at_any_moment_goes_on_without_losing_or_repeating_anything(tmp_path: Path) -> None:
    (tmp_path / "pictures").mkdir()
    for number in range(180):
        source = (ASTRONAUT, HOPPER, ROCKET)[number % 3]
        (tmp_path / f"pictures/{number:03d}.jpg").write_bytes(smaller(source, 200 + number))
    out = tmp_path / "out"
    arguments = (tmp_path / "pictures", "--out", out, "--shard-size", 10)

    job = start(*arguments)
    until(lambda: len(shards(out)) >= 2, job)
    killed_family = tree(job)
    job.kill()
    job.communicate()
    after_kill = shards(out)
    assert 2 <= len(after_kill) < 18

    job = start(*arguments)
    for victim in until(lambda: judges(job), job):
        victim.kill()  # a worker dies; the job does not
    until(lambda: len(shards(out)) >= len(after_kill) + 2, job)
    family = tree(job)
    os.killpg(job.pid, signal.SIGINT)  # as a terminal does
    output, _ = job.communicate(timeout=120)
    assert job.returncode == 130, output
    assert "Run the same command again" in output
    assert "Traceback" not in output
    _, left = psutil.wait_procs(family, timeout=30)
    assert not left
    after_stop = shards(out)
    assert after_stop.items() >= after_kill.items()

    finish(start(*arguments))
    assert shards(out).items() >= after_stop.items(), "finished shards are never touched again"
    rows = results(out)
    assert [row["row"] for row in rows] == list(range(180))
    assert [row["path"] for row in rows] == [f"{number:03d}.jpg" for number in range(180)]
    assert not [row["error"] for row in rows if row["error_code"]]
    assert len({row["report"] for row in rows if row["row"] % 3 != 2}) == 120, "every face has a report of its own"
    assert not [name for name in os.listdir(out) if name.startswith(".unfinished")]
    # Ray's agents notice within a minute that the rest of it is gone.
    _, left = psutil.wait_procs(killed_family, timeout=90)
    assert not left, "the Ray of a killed job ends with it"


def test_another_service_is_refused_where_results_of_a_first_one_lie(tmp_path: Path) -> None:
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    (pictures / "a.jpg").write_bytes(smaller(HOPPER, 200))
    out = tmp_path / "out"
    out.mkdir()
    manifest = read_manifest(str(pictures))
    (out / "job.json").write_text(json.dumps(definition_of(manifest, "liveness_detection", 1000)))
    job = start(pictures, "--out", out, "--service", "identity")
    output, _ = job.communicate(timeout=60)
    assert job.returncode == 1
    assert "another job (different: service)" in " ".join(output.split())


@pytest.fixture
def judge(tmp_path: Path) -> Judge:
    (tmp_path / ".attempts").mkdir()
    return Judge("liveness_detection", str(tmp_path), str(tmp_path / ".attempts"))


def test_a_file_that_crashes_the_decoder_costs_its_own_row_only(tmp_path: Path, judge: Judge) -> None:
    (tmp_path / "poison.mkv").write_bytes(endless_video())
    (tmp_path / "good.jpg").write_bytes(smaller(HOPPER, 200))
    (decoder,) = [c for c in psutil.Process().children() if "pipelines.media.worker" in c.cmdline()]

    async def crash() -> None:
        while decoder.cpu_times().user < 2:
            await asyncio.sleep(0.02)
        decoder.send_signal(signal.SIGSEGV)

    async def both() -> list[dict[str, Any]]:
        crashing = asyncio.create_task(crash())
        found = await judge._judge_all(block("poison.mkv", "good.jpg", "good.jpg").to_pylist())
        await crashing
        return found

    poison, *good = judge._runner.run(both())
    assert (poison["error_code"], poison["row"]) == ("decoder_crashed", 0)
    (expected,) = judged_here("liveness_detection", [{"file": tmp_path / "good.jpg"}])
    assert [row["verdict"] for row in good] == [expected["verdict"]] * 2


def test_an_item_that_killed_its_worker_three_times_is_given_up(tmp_path: Path, judge: Judge) -> None:
    (tmp_path / "good.jpg").write_bytes(smaller(HOPPER, 200))
    (tmp_path / ".attempts/0").write_bytes(b"." * MAX_ATTEMPTS)
    (tmp_path / ".attempts/1").write_bytes(b".")
    killer, suspect, other = judge(block(*["good.jpg"] * 3)).to_pylist()
    assert (killer["error_code"], killer["verdict"]) == ("worker_lost", None)
    assert [row["error_code"] for row in (suspect, other)] == [None, None]
    assert [file.name for file in (tmp_path / ".attempts").iterdir()] == ["0"], "what ended is no longer suspect"


def test_a_missing_reference_is_an_error_of_its_row(tmp_path: Path) -> None:
    (tmp_path / ".attempts").mkdir()
    (tmp_path / "good.jpg").write_bytes(smaller(HOPPER, 200))
    judge = Judge("face_matching", str(tmp_path), str(tmp_path / ".attempts"))
    without, with_one = judge(block("good.jpg", "good.jpg", references=[None, "good.jpg"])).to_pylist()
    assert without["error_code"] == "missing_reference"
    assert (with_one["verdict"], with_one["face_match_status"]) == ("genuine", "passed")
