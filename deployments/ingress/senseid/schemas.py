"""Bodies of the facade's replies, for the documentation; replies are rendered without passing through them."""

from typing import Literal

from pydantic import BaseModel, ConfigDict


class _Success(BaseModel):
    model_config = ConfigDict(extra="allow")

    code: Literal[1000]
    request_id: str


class Verification(_Success):
    """How likely both show the same person, 0..1: above 0.7 is recommended, 0.7 is one false match in 10,000."""

    verification_score: float


class Rects(BaseModel):
    """Left, top, right and bottom of each face in pixels, from left to right."""

    first_image_face_rects: list[tuple[int, int, int, int]]
    second_image_face_rects: list[tuple[int, int, int, int]]


class Matrix(_Success):
    """A row for each face of the first photo, a column for each of the second."""

    scores: list[list[float]]
    face_rects: Rects


class Silent(_Success):
    """Members that were not asked for, and those of a video that did not pass, are absent."""

    passed: bool
    liveness_score: float
    liveness_status: Literal["ok", "hack", "short_time"] | None = None
    image_timestamp: float | None = None
    base64_image: str | None = None
    base64_face_image: str | None = None


class SilentVerification(Silent):
    """The same with the comparison's score, if passed."""

    verification_score: float | None = None


class Sides(BaseModel):
    """A face's box in pixels."""

    left: int
    top: int
    right: int
    bottom: int


class Angles(BaseModel):
    """Degrees."""

    yaw: float
    pitch: float
    roll: float


class Visible(BaseModel):
    """The share of each part that is not covered, 0..1."""

    left_eye: float
    right_eye: float
    nose: float
    mouth: float
    total: float


class Eyes(BaseModel):
    """Openness 0..1; null where it cannot be judged."""

    left: float | None
    right: float | None


class FaceMeasures(BaseModel):
    """One face. All shares are 0..1."""

    model_config = ConfigDict(extra="allow")

    rect: Sides
    pose: Angles
    occlusion: Visible
    distance2center: float
    size: float
    brightness: float
    sharpness: float
    eye_open: Eyes
    mouth_open: float


class Faces(_Success):
    """Every face in the photo, from left to right."""

    faces: list[FaceMeasures]
