"""Refuses profiles and settings that do not fit together, before anything starts."""

from urllib.parse import urlsplit

from deployments.profile import Profile
from deployments.settings import Settings
from models.hub.checkpoint import checkpoints


class PlacementError(ValueError):
    """Profile and settings do not fit together. The text names every setting that has to change."""


def check_placement(profile: Profile, settings: Settings) -> None:
    """Passes when every replica of the profile can reach the same state with these settings.

    Raises:
        PlacementError: each machine would have a database, media or token secret of its own.
    """
    if not profile.spans_nodes():
        return
    wrong = []
    if settings.database.startswith("sqlite"):
        wrong.append("VERISCOPE_DATABASE_URL must be a postgresql+psycopg:// URL, not SQLite")
    if urlsplit(settings.blobs).scheme not in ("s3", "gs", "az"):
        wrong.append("VERISCOPE_BLOBS_URL must be an s3://, gs:// or az:// URL, not a directory")
    if settings.token_secret is None:
        wrong.append("VERISCOPE_TOKEN_SECRET must be set, or each machine signs tokens that the others refuse")
    if profile.http == "replica":
        wrong.append("the profile must say `http: proxy`: a gateway that listens itself is reached on one machine only")
    if wrong:
        raise PlacementError("the profile spans several machines: " + "; ".join(wrong))


def check_checkpoints(profile: Profile) -> None:
    """Passes when every checkpoint that the operator brought stands in a host: the services of its task ask it.

    Raises:
        PlacementError: names those that do not.
    """
    placed = {model for host in profile.hosts.values() for model in host.models}
    missing = [name for name in checkpoints() if name not in placed]
    if missing:
        raise PlacementError(f"no host of the profile lists {', '.join(missing)}: add to one, such as `deepfake`")
