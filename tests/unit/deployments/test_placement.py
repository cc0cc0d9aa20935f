"""Profiles that do not fit what an operator brought."""

from pathlib import Path

import pytest

from deployments.placement import PlacementError, check_checkpoints
from deployments.profile import Profile
from tests.unit.pipelines.deepfake.brought import NAME, bring


def profile(*models: str) -> Profile:
    return Profile.model_validate({"hosts": {"deepfake": {"models": ["voice/spoof", *models]}}})


def test_a_checkpoint_in_no_host_is_refused_at_the_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bring(monkeypatch, tmp_path, "voice")
    with pytest.raises(PlacementError, match=NAME):
        check_checkpoints(profile())
    check_checkpoints(profile(NAME))


def test_without_checkpoints_any_profile_will_do() -> None:
    check_checkpoints(profile())
