"""What identifiers that clients choose or send may look like."""

import re

from deployments.ingress.errors import ApiError

IDENTIFIER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:@-]{0,127}")
"""Gallery and subject names: safe in a path, a log and every database."""


def known(name: str) -> str:
    """The name, if it could exist. Raises ApiError `not_found` for one that cannot."""
    if not IDENTIFIER.fullmatch(name):
        raise ApiError("not_found")
    return name
