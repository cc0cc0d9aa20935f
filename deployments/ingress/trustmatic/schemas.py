"""Bodies of the replies, for the documentation; replies are rendered without passing through them."""

from typing import Any

from pydantic import BaseModel


class DocumentLiveness(BaseModel):
    """Either a score (higher = more likely the document itself) or the error that kept it from being judged."""

    sessionId: str
    score: float | None = None
    hasError: bool
    error: str | None = None
    warnings: list[str] | None = None
    details: dict[str, Any] | None = None


class PipelineResult(BaseModel):
    """What one detector says; nothing where `status` is not OK. `score` is the log-odds of `probability`."""

    pipeline_name: str
    status: str
    probability: float | None
    score: float | None
    calibration: str


class Aggregate(BaseModel):
    """What all detectors say together."""

    probability: float | None


class Liveness(BaseModel):
    """Live above a probability of 0.5."""

    results: list[PipelineResult]
    aggregate: Aggregate
    image_quality_warnings: list[str]
