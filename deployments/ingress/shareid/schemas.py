"""Bodies of the replies, for the documentation; replies are rendered without passing through them."""

from typing import Any

from pydantic import BaseModel


class Authenticity(BaseModel):
    """Whether the document is accepted, and if not, why; what was read of it, and what each check says."""

    doc_type: str
    country_code: str
    doc_model: str
    ocr: dict[str, Any]
    security: dict[str, bool | None]
    reason: str
    verdict: bool
    flow_id: str
    reason_id: int | None = None
    reasons: list[str]
