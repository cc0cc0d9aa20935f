"""Fetching checkpoints that an operator named by id and revision: the only moment in which a model hub is asked."""

import shutil
from collections.abc import Iterator

from huggingface_hub import snapshot_download
from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError, RepositoryNotFoundError

from models.hub.checkpoint import CheckpointError, checkpoints

_WANTED = ["*.json", "*.safetensors", "*.onnx", "*.txt", "*.model"]
"""No pickles and no code."""


def sync_checkpoints() -> Iterator[tuple[str, str]]:
    """Fetches what is missing and verifies every checkpoint: its name and `present` or `fetched`, one by one.

    Raises:
        CheckpointError: one cannot be fetched, or is not what its digests say.
    """
    for name, checkpoint in checkpoints().items():
        step = "present"
        if checkpoint.id is not None and not checkpoint.directory.is_dir():
            _fetch(checkpoint.id, str(checkpoint.revision), name)
            step = "fetched"
        checkpoint.verify()
        yield name, step


def _fetch(repository: str, revision: str, name: str) -> None:
    target = checkpoints()[name].directory
    unfinished = target.with_name(target.name + ".part")
    try:
        snapshot_download(repository, revision=revision, local_dir=unfinished, allow_patterns=_WANTED)
    except (HfHubHTTPError, LocalEntryNotFoundError, RepositoryNotFoundError, OSError) as error:
        raise CheckpointError(
            f"{name}: {repository} at {revision[:12]} could not be fetched ({type(error).__name__}); fetch it "
            f"elsewhere, copy its files to {target} and run this again"
        ) from None
    shutil.rmtree(unfinished / ".cache", ignore_errors=True)
    unfinished.rename(target)
