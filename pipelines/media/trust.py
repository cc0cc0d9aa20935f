"""The certificates that an operator trusts to sign media: a PEM file named by a setting, read before confinement."""

import os
from contextlib import suppress
from pathlib import Path

TRUST_LIST_VARIABLE = "VERISCOPE_C2PA_TRUST_LIST"
_anchors = ""


def load_trust_list() -> None:
    """Reads the file while this process still may. A file that is missing is as if none were named."""
    global _anchors
    path = os.environ.get(TRUST_LIST_VARIABLE)
    if path:
        with suppress(OSError, UnicodeDecodeError):
            _anchors = Path(path).read_text(encoding="utf-8")


def trust_anchors() -> str:
    """PEM certificates, "" where none were named."""
    return _anchors
