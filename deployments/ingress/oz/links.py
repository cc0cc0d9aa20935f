"""URLs of a folder's media and pictures: open to the token header, or for a while to whoever has the link."""

import hashlib
import hmac
import time
from uuid import NAMESPACE_URL, uuid5

from deployments.settings import Settings

_HOUR_S = 3600


def link(settings: Settings, path: str) -> str:
    """The signed URL of a path, good for one to two hours; the same within an hour, so that polls can be compared."""
    expires = (int(time.time()) // _HOUR_S + 2) * _HOUR_S
    return f"{settings.url}{path}?expires={expires}&signature={_signature(settings, path, expires)}"


def opens(settings: Settings, path: str, expires: str, signature: str) -> bool:
    """Whether that signature opens the path now."""
    if not (expires.isascii() and expires.isdigit() and len(expires) < 16 and int(expires) > time.time()):
        return False
    return hmac.compare_digest(_signature(settings, path, int(expires)).encode(), signature.encode())


def derived_id(*parts: str) -> str:
    """An id that is always the same for the same parts."""
    return str(uuid5(NAMESPACE_URL, "\0".join(("oz", *parts))))


def company_of(tenant: str) -> str:
    """The id that stands for the tenant."""
    return derived_id("company", tenant)


def _signature(settings: Settings, path: str, expires: int) -> str:
    message = f"oz-media\n{path}\n{expires}".encode()
    return hmac.digest(settings.signing_key.encode(), message, hashlib.sha256).hex()
