"""The `data` of a request: who asks, and what the document is said to be (contracts 6.1)."""

import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from deployments.ingress.bodies import json_object
from deployments.ingress.errors import ApiError
from deployments.ingress.shareid.countries import KNOWN

DOC_TYPES: Mapping[str, str] = {
    "id_card": "id_card",
    "passport": "passport",
    "driver_permit": "driver_license",
    "residency_permit": "residence_permit",
}
"""The vendor's word -> ours."""

_TAG = re.compile(r"[a-z0-9_]{4,16}")
_MAX_NAME, _MAX_TAGS, _MAX_CREDENTIAL = 200, 50, 1024


@dataclass(frozen=True, slots=True)
class Claim:
    """What the client says about the document; absent members are not compared."""

    doc_type: str | None = None
    country_code: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    tags: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """For a task's options."""
        return {
            "doc_type": self.doc_type,
            "country_code": self.country_code,
            "first_name": self.first_name,
            "last_name": self.last_name,
            "tags": list(self.tags),
        }

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "Claim":
        """The claim of a task's options."""
        return cls(**{**values, "tags": tuple(values["tags"])})


def tenant_of(data: str | None, credentials: Mapping[str, tuple[str, str]]) -> str:
    """The account of these credentials.

    Raises:
        ApiError: `invalid_parameter` or `malformed_body` where `data` is no JSON object; `unauthorized`, in the same
            words, for an unknown key, another's hash, or none.
    """
    values = _parsed(data)
    sent = [values.get(name) for name in ("api_key", "business_hash")]
    key, secret = (one if isinstance(one, str) and len(one) <= _MAX_CREDENTIAL else "" for one in sent)
    expected, tenant = credentials.get(key, ("", ""))
    right = hmac.compare_digest((expected or "nobody's").encode(), secret.encode("utf-8", "surrogatepass"))
    if not (right and tenant):
        raise ApiError("unauthorized", "the credentials are not valid")
    return tenant


def claim_of(data: str | None) -> Claim:
    """What else `data` says. Raises ApiError `invalid_parameter` or `malformed_body`."""
    values = _parsed(data)
    doc_type, country = _text(values, "doc_type"), _text(values, "country_code")
    if doc_type is not None and doc_type not in DOC_TYPES:
        raise _invalid(f"doc_type must be one of {', '.join(DOC_TYPES)}")
    if country is not None and country not in KNOWN:
        raise _invalid("country_code must be a lower-case ISO 3166-1 alpha-2 code")
    tags = values.get("tags") or []
    if not isinstance(tags, list) or len(tags) > _MAX_TAGS or not all(map(_is_tag, tags)):
        raise _invalid("tags must be texts of 4 to 16 lower-case letters, digits and underscores")
    return Claim(doc_type, country, _text(values, "first_name"), _text(values, "last_name"), tuple(tags))


def _parsed(data: str | None) -> dict[str, Any]:
    if data is None:
        raise _invalid("data is required")
    return json_object(data, "data")


def _text(values: Mapping[str, Any], name: str) -> str | None:
    """None where it is absent or empty."""
    value = values.get(name)
    if value is None or value == "":
        return None
    if not isinstance(value, str) or len(value) > _MAX_NAME or not value.isprintable():
        raise _invalid(f"{name} must be a text of at most {_MAX_NAME} characters")
    return value


def _is_tag(value: object) -> bool:
    return isinstance(value, str) and _TAG.fullmatch(value) is not None


def _invalid(message: str) -> ApiError:
    return ApiError("invalid_parameter", message, pointer="#/data")
