"""Dates that contradict each other."""

from collections.abc import Mapping
from datetime import datetime

from pipelines.media.forensics.findings import Findings, in_future, rfc3339, seconds_between

_SLACK_SECONDS = 120.0
"""Cameras write one file's dates within seconds of each other; a long exposure takes a while."""


def judge_dates(found: Findings, dates: Mapping[str, datetime | None]) -> None:
    """Notes creation and modification and flags what contradicts itself.

    Args:
        dates: `creation_date`, `modification_date`, and others that must not be later than the modification.
    """
    known = {name: date for name, date in dates.items() if date is not None}
    for name in ("creation_date", "modification_date"):
        if name in known:
            found.detail(name, rfc3339(known[name]))
    created, modified = known.get("creation_date"), known.get("modification_date")
    why = None
    if any(in_future(date) for date in known.values()):
        why = "A date lies in the future."
    elif created and modified:
        apart = seconds_between(created, modified)
        if apart > _SLACK_SECONDS:
            why = "The file was modified after it was created."
        elif apart < -_SLACK_SECONDS:
            why = "The file claims to be modified before it was created."
    if why:
        found.flag("dates_mismatch", {name: rfc3339(date) for name, date in known.items()}, why)
