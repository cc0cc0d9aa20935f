"""A detector that an operator brought, as far as its name goes: fake models answer for it."""

from pathlib import Path

import pytest

NAME = "hub/own"


def bring(monkeypatch: pytest.MonkeyPatch, folder: Path, task: str) -> None:
    """Configures a checkpoint `own` for the task."""
    file = folder / "checkpoints.toml"
    entry = ["[own]", f'task = "{task}"', f'path = "{folder}"', 'licence = "MIT"', 'labels = {0 = "fake"}']
    file.write_text("\n".join(entry))
    monkeypatch.setenv("VERISCOPE_CHECKPOINTS", str(file))
