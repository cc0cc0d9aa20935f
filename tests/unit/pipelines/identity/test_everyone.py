"""Everyone in a picture: compared with everyone in another, and measured."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from models.face.eyes import EyeOpenness
from pipelines.context import Context
from pipelines.errors import MediaError
from pipelines.identity.face_matrix import compare_everyone
from pipelines.identity.face_report import measured, report_faces
from pipelines.identity.observation import Face, Observation
from pipelines.report import Verdict
from tests.unit.pipelines.identity.faces import face, observation

PEOPLE = np.eye(128, dtype=np.float32)


class Shown:
    """Workers that see the given faces; what is read from is the observation itself."""

    async def look(self, source: Any, *_: Any) -> Observation:
        return source  # type: ignore[no-any-return]


def crowd(*persons: int) -> Observation:
    everyone = tuple(
        face(embedding=PEOPLE[person], box=(100.0 * n, 10.0, 100.0 * n + 80, 90.0)) for n, person in enumerate(persons)
    )
    return replace(observation(*everyone[:1]), everyone=everyone)


def looking(**sources: Observation) -> Context:
    return Context(sources, Shown())  # type: ignore[arg-type]


async def test_rows_are_the_first_pictures_faces_and_columns_the_seconds() -> None:
    report = await compare_everyone(looking(file=crowd(0, 1), extra_file=crowd(1, 2, 0)))
    scores = np.array(report.data["scores"])
    assert scores.shape == (2, 3)
    assert (scores > 0.7).tolist() == [[False, False, True], [True, False, False]]
    assert report.data["rects"]["file"] == [[0, 10, 80, 90], [100, 10, 180, 90]]
    assert report.verdict is Verdict.INCONCLUSIVE


async def test_the_swapped_matrix_is_the_transposed_one() -> None:
    one = await compare_everyone(looking(file=crowd(0, 1), extra_file=crowd(1, 2, 0)))
    other = await compare_everyone(looking(file=crowd(1, 2, 0), extra_file=crowd(0, 1)))
    np.testing.assert_array_equal(np.array(one.data["scores"]).T, np.array(other.data["scores"]))


@pytest.mark.parametrize("empty", ["file", "extra_file"])
async def test_a_picture_without_a_face_is_named(empty: str) -> None:
    sources = {"file": crowd(0), "extra_file": crowd(0)} | {empty: observation(None)}
    with pytest.raises(MediaError) as caught:
        await compare_everyone(looking(**sources))
    assert (caught.value.code, caught.value.subject) == ("no_face", empty)


async def test_every_face_is_measured_and_nobody_is_an_error() -> None:
    assert len((await report_faces(looking(file=crowd(0, 1, 2)))).data["faces"]) == 3
    with pytest.raises(MediaError, match="no face"):
        await report_faces(looking(file=observation(None)))


def in_the_middle(**changes: Any) -> Face:
    return face(**({"box": (220.0, 140.0, 420.0, 340.0)} | changes))


def test_distance_is_1_in_the_middle_and_0_from_one_short_side_on() -> None:
    assert measured(in_the_middle(), observation())["distance2center"] == 1
    aside = measured(in_the_middle(box=(460.0, 140.0, 660.0, 340.0)), observation())
    assert aside["distance2center"] == pytest.approx(0.5)
    assert measured(in_the_middle(box=(900.0, 140.0, 1100.0, 340.0)), observation())["distance2center"] == 0


def test_size_is_the_share_of_the_picture_and_unjudged_eyes_are_none() -> None:
    values = measured(in_the_middle(eyes=EyeOpenness(0.9, None)), observation())
    assert values["size"] == pytest.approx(200 * 200 / (640 * 480), abs=1e-4)
    assert values["eye_open"] == {"left": 0.9, "right": None}
    assert values["rect"] == {"left": 220, "top": 140, "right": 420, "bottom": 340}
