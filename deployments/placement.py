"""Refuses settings that keep state on one machine where a profile spreads replicas over several."""

from urllib.parse import urlsplit

from deployments.profile import Profile
from deployments.settings import Settings


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
