"""What a forensic reader collects of one file: details, red flags, and what the checks of pixels need to know."""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

MOST_TEXT = 200
"""Characters of any text that is taken over from metadata."""
_UNPRINTABLE = re.compile(r"[^\x20-\x7e\xa0-\uffff]+")


@dataclass(slots=True)
class Findings:
    """Collected step by step; `values` is what leaves the process.

    Attributes:
        details: the file's `document_details` (contracts 2.6).
        flags: red flag -> what triggered it, and a sentence about it.
        signals: what stages need beside the pixels: `orientation`, `quantisation` (64 numbers, row by row),
            `thumbnail` (whether there is one), `sound_seconds` (how much sound was searched for splices).
    """

    details: dict[str, Any] = field(default_factory=dict)
    flags: dict[str, dict[str, Any]] = field(default_factory=dict)
    signals: dict[str, Any] = field(default_factory=dict)

    def flag(self, name: str, value: Any, message: str) -> None:
        """Raises a red flag; what several readers list under one name is joined."""
        known = self.flags.get(name)
        if known is not None and isinstance(known["value"], list) and isinstance(value, list):
            value = known["value"] + [entry for entry in value if entry not in known["value"]]
        self.flags[name] = {"value": value, "message": message}

    def detail(self, name: str, value: Any) -> None:
        """Notes a detail that has a value and is not known yet: the first reader is the surest."""
        if value not in (None, "", [], {}):
            self.details.setdefault(name, value)

    def values(self) -> dict[str, Any]:
        """JSON values."""
        return {"details": self.details, "flags": self.flags, "signals": self.signals}


def clean(value: Any) -> str:
    """Metadata as one printable line: bytes are read as UTF-8, else Latin-1, as old cameras write them."""
    if isinstance(value, bytes):
        try:
            value = value.decode()
        except UnicodeDecodeError:
            value = value.decode("latin-1")
    text = str(value).split("\0", 1)[0]
    return _UNPRINTABLE.sub(" ", text).strip()[:MOST_TEXT]


def rfc3339(value: datetime) -> str:
    """A date as contracts name it. Cameras often know no time zone: RFC 3339 writes that as -00:00."""
    if value.tzinfo is None:
        return value.isoformat(timespec="seconds") + "-00:00"
    return value.isoformat(timespec="seconds").replace("+00:00", "Z")


def parse_date(text: str) -> datetime | None:
    """Reads an ISO 8601 or an EXIF date (2008:07:31 10:38:11); None for what is no date."""
    text = text.strip().rstrip("\0")
    if re.match(r"\d{4}:\d\d:\d\d", text):
        text = text[:10].replace(":", "-") + text[10:]
    try:
        return datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        return None


def seconds_between(earlier: datetime, later: datetime) -> float:
    """Seconds from one date to another; where only one knows its zone, a whole-hours difference is forgiven."""
    if (earlier.tzinfo is None) == (later.tzinfo is None):
        return (later - earlier).total_seconds()
    apart = (later.replace(tzinfo=None) - earlier.replace(tzinfo=None)).total_seconds()
    if abs(apart) > 15 * 3600:
        return apart
    return apart - round(apart / 900) * 900


def in_future(value: datetime) -> bool:
    """Whether a date is later than anybody's clock."""
    now = datetime.now(UTC)
    return value > (now if value.tzinfo else now.replace(tzinfo=None)) + timedelta(days=1)
