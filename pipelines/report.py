"""The words every service answers in: checks, reports, artifacts and the verdict drawn from them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Status(StrEnum):
    """Outcome of one check. Only `PASSED` may ever count towards genuine."""

    PASSED = "passed"
    FAILED = "failed"
    INCONCLUSIVE = "inconclusive"
    NOT_PERFORMED = "not_performed"


class Verdict(StrEnum):
    """What the checks say together (see `pipelines.policy`)."""

    GENUINE = "genuine"
    SUSPICIOUS = "suspicious"
    INCONCLUSIVE = "inconclusive"


@dataclass(frozen=True, slots=True)
class ModelRef:
    """The exact model behind a check."""

    name: str
    version: str
    sha256: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One finding.

    Attributes:
        name: `liveness`, `face_match`, `quality.sharpness`, ...
        subject: what it is about: a media role (`file`), or a part of one (`file#face0`).
        score: 0..1, higher = more genuine; None where the check has no score.
        threshold: the score at or above which the check passes.
        reasons: machine-readable snake_case words that explain anything but a pass.
        evidence: JSON values (boxes in pixels of the upright image, frames, measured values).
        ms: wall milliseconds.
    """

    name: str
    status: Status
    subject: str = "file"
    score: float | None = None
    threshold: float | None = None
    reasons: tuple[str, ...] = ()
    evidence: Mapping[str, Any] = field(default_factory=dict)
    models: tuple[ModelRef, ...] = ()
    ms: float | None = None

    def to_json(self) -> dict[str, Any]:
        """JSON values. Written out, because `dataclasses.asdict` copies all evidence and shows up in profiles."""
        return {
            "name": self.name,
            "subject": self.subject,
            "status": self.status.value,
            "score": self.score,
            "threshold": self.threshold,
            "reasons": list(self.reasons),
            "evidence": dict(self.evidence),
            "models": [{"name": m.name, "version": m.version, "sha256": m.sha256} for m in self.models],
            "ms": self.ms,
        }


@dataclass(frozen=True, slots=True)
class Artifact:
    """Bytes that a report produced, such as the best frame of a video. Stored beside the report, never inside it."""

    name: str
    mime: str
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a service found: its checks in order, extracted data (JSON values), artifacts and the verdict."""

    service: str
    verdict: Verdict
    checks: tuple[Check, ...]
    data: Mapping[str, Any] = field(default_factory=dict)
    artifacts: tuple[Artifact, ...] = ()

    def check(self, name: str, subject: str | None = None) -> Check | None:
        """The first check of that name (and subject, where given)."""
        return next((c for c in self.checks if c.name == name and subject in (None, c.subject)), None)

    def to_json(self) -> dict[str, Any]:
        """JSON values of everything but the artifacts' bytes, which are named only."""
        return {
            "service": self.service,
            "verdict": self.verdict.value,
            "checks": [check.to_json() for check in self.checks],
            "data": dict(self.data),
            "artifacts": [{"name": a.name, "mime": a.mime, "size": len(a.data)} for a in self.artifacts],
        }
