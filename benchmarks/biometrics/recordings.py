"""Presentation attacks on the passive liveness service as short recordings: rendered heads, photos and screens."""

import json
from pathlib import Path

import numpy as np

from benchmarks.biometrics.attacks import Judged, liveness_version
from benchmarks.biometrics.systems import ROOT, Product, Tick, fingerprint
from models.face.landmarks import FaceMesh, mesh_crop, to_image
from models.face.pose import head_pose
from models.training.clips.head import LEFT_SIDE, RIGHT_SIDE, Head
from models.training.clips.presentations import PRESENTATIONS, present
from models.training.face_data import faces, photos
from models.training.recapture.dataset import split_of
from models.training.recapture.settings import HELD_OUT
from pipelines.context import Context
from pipelines.identity.liveness import check_liveness
from pipelines.report import Report, Status, Verdict

SEED = 20261126
SETTINGS = HELD_OUT.ordinary()
REASONED = ("liveness", "liveness.parallax", "one_person")
"""The checks that can reject a recording."""
_LEAST_WIDTH, _MOST_TURNED = 110.0, 18.0
_SAID = {Verdict.GENUINE: Status.PASSED, Verdict.SUSPICIOUS: Status.FAILED}
"""The service's verdict, in the words of a check's status: what it could not judge is undecided."""


def heads(data: Path) -> list[tuple[str, Head]]:
    """Person and head of each portrait that faces the camera, of people whom no liveness network of ours has seen."""
    mesh, found = FaceMesh(), []
    mesh.load()
    chosen = [photo for photo in photos(data, "faces/portraits", "train") if split_of(photo.group) == "test"]
    for photo, image, face in faces(data, chosen):
        if face is None:
            continue
        crop, back = mesh_crop(image, face)
        placed = mesh.predict([crop])[0]
        points = to_image(placed.landmarks, back)
        pose = head_pose(points)
        wide = float(np.linalg.norm(points[LEFT_SIDE, :2] - points[RIGHT_SIDE, :2]))
        turned = max(abs(pose.yaw), abs(pose.pitch))
        if placed.presence > 0.9 and turned < _MOST_TURNED and wide >= _LEAST_WIDTH:
            found.append((photo.group, Head(image, points)))
    return found


def judge_recordings(product: Product, data: Path, cache: Path, count: int, tick: Tick) -> tuple[Judged, int]:
    """What the service says of `count` recordings of each presentation, and of how many people they are.

    What was judged before by the same code is read from disk, clip by clip.
    """
    parts = [*(ROOT / "models/training/clips").glob("*.py"), Path(__file__)]
    kept = cache / f"recordings-{liveness_version()}-{fingerprint(parts)}.jsonl"
    cache.mkdir(parents=True, exist_ok=True)
    lines = kept.read_text(encoding="utf-8").splitlines() if kept.exists() else []
    rows = {(kind, number): (status, why, person) for kind, number, status, why, person in map(json.loads, lines)}
    wanted = [(kind, number) for number in range(count) for kind in PRESENTATIONS]
    shown = heads(data) if set(wanted) - set(rows) else []
    order = np.random.default_rng(SEED).permutation(len(shown))
    for kind, number in wanted:
        if (kind, number) not in rows:
            person, head = shown[order[number % len(shown)]]
            chance = np.random.default_rng([SEED, list(PRESENTATIONS).index(kind), number])
            context = Context({"file": present(kind, head, chance, SETTINGS)}, product.workers)
            report = product.run(check_liveness(context))
            assert isinstance(report, Report)
            rows[kind, number] = (*_said(report), person)
            with kept.open("a", encoding="utf-8") as out:
                out.write(json.dumps([kind, number, *rows[kind, number]]) + "\n")
        tick()
    found = [(kind, *rows[kind, number]) for kind, number in wanted]
    kinds, said, why, people = (np.array(column) for column in zip(*found, strict=True))
    return Judged(kinds, said, why), len(set(people.tolist()))


def _said(report: Report) -> tuple[str, str]:
    """The verdict in the words of a status, and the checks that rejected it."""
    status = {check.name: check.status for check in report.checks}
    if status["liveness"] is Status.NOT_PERFORMED:
        return Status.NOT_PERFORMED.value, ""
    failed = [name for name in REASONED if status.get(name) is Status.FAILED]
    return _SAID.get(report.verdict, Status.INCONCLUSIVE).value, "+".join(failed)
