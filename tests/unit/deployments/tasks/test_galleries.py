"""Galleries and exact one-to-many search."""

from typing import Any

import numpy as np
import pytest
from sqlalchemy import Engine

from deployments.tasks.galleries import Embedding, Galleries, GalleryExists, GalleryUnknown


def _face(seed: int) -> Embedding:
    vector = np.random.default_rng(seed).normal(size=128).astype(np.float32)
    return vector / np.linalg.norm(vector)


@pytest.fixture
def galleries(engine: Engine) -> Galleries:
    galleries = Galleries(engine)
    galleries.create("bank", "staff")
    return galleries


def test_search_finds_the_subject_by_its_best_template(galleries: Galleries) -> None:
    for seed in range(20):
        galleries.add("bank", "staff", f"subject{seed % 10}", _face(seed))
    found = galleries.search("bank", "staff", _face(13), 3)
    assert found[0] == ("subject3", pytest.approx(1.0, abs=1e-5))
    assert len({subject for subject, _ in found}) == 3
    cosines = {seed: float(_face(seed) @ _face(13)) for seed in range(20)}
    best = {f"subject{n}": max(cosines[n], cosines[n + 10]) for n in range(10)}
    expected = sorted(best.items(), key=lambda item: -item[1])[:3]
    assert found == [(subject, pytest.approx(cosine, abs=1e-5)) for subject, cosine in expected]


def test_search_of_an_empty_gallery_finds_nobody(galleries: Galleries) -> None:
    assert galleries.search("bank", "staff", _face(1), 5) == []


def test_search_for_nobody_finds_nobody(galleries: Galleries) -> None:
    galleries.add("bank", "staff", "anna", _face(1))
    assert galleries.search("bank", "staff", _face(1), 0) == []


def test_stored_templates_come_back_bit_for_bit(galleries: Galleries) -> None:
    for seed in range(3):
        galleries.add("bank", "staff", f"subject{seed}", _face(seed))
    subjects, templates = galleries.matrix("bank", "staff")
    assert subjects == ["subject0", "subject1", "subject2"]
    assert templates.dtype == np.float32
    np.testing.assert_array_equal(templates, np.stack([_face(seed) for seed in range(3)]))


def test_change_made_by_another_process_is_seen_by_the_next_search(galleries: Galleries, engine: Engine) -> None:
    galleries.add("bank", "staff", "anna", _face(1))
    assert len(galleries.search("bank", "staff", _face(1), 5)) == 1
    other = Galleries(engine)
    other.add("bank", "staff", "bert", _face(2))
    assert {subject for subject, _ in galleries.search("bank", "staff", _face(1), 5)} == {"anna", "bert"}
    other.remove("bank", "staff", "anna")
    assert [subject for subject, _ in galleries.search("bank", "staff", _face(1), 5)] == ["bert"]


def test_unchanged_gallery_is_read_from_the_database_once(galleries: Galleries) -> None:
    galleries.add("bank", "staff", "anna", _face(1))
    assert galleries.matrix("bank", "staff")[1] is galleries.matrix("bank", "staff")[1]


def test_removed_subject_loses_all_templates(galleries: Galleries) -> None:
    for seed in range(3):
        galleries.add("bank", "staff", "anna", _face(seed))
    galleries.add("bank", "staff", "bert", _face(9))
    assert galleries.subjects("bank", "staff") == ["anna", "bert"]
    assert galleries.remove("bank", "staff", "anna") == 3
    assert galleries.remove("bank", "staff", "anna") == 0
    assert galleries.subjects("bank", "staff") == ["bert"]


def test_gallery_made_anew_under_its_old_name_is_empty(galleries: Galleries) -> None:
    galleries.add("bank", "staff", "anna", _face(1))
    galleries.search("bank", "staff", _face(1), 1)
    galleries.drop("bank", "staff")
    galleries.create("bank", "staff")
    assert galleries.search("bank", "staff", _face(1), 1) == []


def test_tenants_do_not_see_each_others_galleries(galleries: Galleries) -> None:
    galleries.create("shop", "staff")
    galleries.add("shop", "staff", "anna", _face(1))
    assert galleries.subjects("bank", "staff") == []
    galleries.create("bank", "guests")
    assert (galleries.list("bank"), galleries.list("shop")) == (["guests", "staff"], ["staff"])


def test_second_gallery_of_a_name_is_refused(galleries: Galleries) -> None:
    with pytest.raises(GalleryExists):
        galleries.create("bank", "staff")


@pytest.mark.parametrize(
    ("method", "arguments"),
    [
        ("drop", ()),
        ("add", ("anna", _face(1))),
        ("remove", ("anna",)),
        ("subjects", ()),
        ("matrix", ()),
        ("search", (_face(1), 3)),
    ],
)
def test_unknown_gallery_is_named_as_such(galleries: Galleries, method: str, arguments: tuple[Any, ...]) -> None:
    with pytest.raises(GalleryUnknown):
        getattr(galleries, method)("bank", "nowhere", *arguments)


@pytest.mark.parametrize(
    "bad", [np.zeros(128), np.full(128, np.nan), np.ones(128), _face(1)[:64], np.stack([_face(1)])]
)
def test_vector_that_is_no_template_is_refused(galleries: Galleries, bad: Any) -> None:
    with pytest.raises(ValueError, match="128"):
        galleries.add("bank", "staff", "anna", bad)
    with pytest.raises(ValueError, match="128"):
        galleries.search("bank", "staff", bad, 1)
