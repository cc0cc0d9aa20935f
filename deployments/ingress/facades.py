"""Which API owns a path, and so answers there in its own shape."""

from deployments.ingress.errors import Facade
from deployments.ingress.native.errors import NATIVE
from deployments.ingress.oz.errors import OZ
from deployments.ingress.senseid.errors import SENSEID
from deployments.ingress.sensity.errors import SENSITY
from deployments.ingress.shareid.errors import SHAREID
from deployments.ingress.trustmatic.errors import IDLIVE, TRUSTMATIC

FACADES = (SENSITY, SENSEID, OZ, TRUSTMATIC, IDLIVE, SHAREID, NATIVE)
_OWNERS = {segment: facade for facade in FACADES for segment in facade.segments}


def owner(path: str) -> Facade:
    """The facade of a path with single slashes; whatever none of them owns is answered natively."""
    first, _, rest = path.removeprefix("/").partition("/") if path.startswith("/") else ("", "", "")
    second = rest.partition("/")[0]
    return _OWNERS.get(f"{first}/{second}") or _OWNERS.get(first, NATIVE)
