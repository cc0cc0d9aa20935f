"""What makes a face hard to judge: one check each, so that a person can be told what to do better."""

import math
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from models.cards import card
from models.face.eyes import OPEN
from models.face.iso_quality import Components, components, unified
from models.face.landmarks import crop_side
from pipelines.identity.observation import Face, Observation
from pipelines.provenance import used
from pipelines.report import Check, Status

FACE_LEAST = 80.0
"""Pixels of the shorter side of the face box. Models look at 112 to 256 pixels; far below that they see a blur."""
OFF_CENTRE_MOST = 0.3
"""Distance of the face's centre from the picture's, in short sides of the picture."""
YAW_MOST, PITCH_MOST, ROLL_MOST = 30.0, 25.0, 30.0
"""Degrees. Beyond them one side of the face is hidden or foreshortened."""
VISIBLE_LEAST = 0.5
"""Share of each of eyes, nose and mouth that must not be hidden (contracts 3.5)."""
MOUTH_CLOSED_LEAST = 0.75
ADVICE = frozenset({"quality.illumination", "quality.background", "quality.mouth_closed"})
"""Demands on passport photos. They are told, but a selfie that does not meet them is not a bad one."""


def quality_checks(seen: Observation, subject: str) -> tuple[Check, ...]:
    """One check for each demand on the best frame, and `quality` over all of them; none without a face.

    They inform: a picture that is hard to judge shows up in the liveness score's own inconclusive band.
    """
    if not seen.faces:
        return ()
    face = best_face(seen)
    most = max(frame.faces for frame in seen.frames)
    demands = (*_demands(face, seen), *_advice(face), ("single_face", most, most == 1, "several_faces"))
    checks = [
        Check(
            name=f"quality.{name}",
            subject=subject,
            status=Status.NOT_PERFORMED if fine is None else Status.PASSED if fine else Status.FAILED,
            reasons=(reason,) if fine is False else (),
            evidence={"value": value},
        )
        for name, value, fine, reason in demands
    ]
    failed = any(check.status is Status.FAILED for check in checks if check.name not in ADVICE)
    whole = Check(
        name="quality",
        subject=subject,
        status=Status.FAILED if failed else Status.PASSED,
        score=overall(face),
        evidence={"components": component_values(face)},
        models=used("face/landmarks", "face/quality", "face/occlusion"),
    )
    return (*checks, whole)


def occlusion_checks(seen: Observation, subject: str) -> tuple[Check, ...]:
    """The one check that tells whether eyes, nose and mouth can be seen; none without a face."""
    return tuple(check for check in quality_checks(seen, subject) if check.name == "quality.occlusion")


def best_face(seen: Observation) -> Face:
    """The face of the frame that can be judged best."""
    return max(seen.faces, key=overall)


def overall(face: Face) -> float:
    """0..1: the unified quality, which foretells whether the face will be recognised (card `face/quality`)."""
    return unified(face_components(face))


def face_components(face: Face) -> Components:
    """What makes this face good or hard to judge, each 0..1, after ISO/IEC 29794-5."""
    left, top, right, bottom = face.box
    return components(
        face.quality,
        face.pose,
        face.eyes,
        face.mouth,
        face.occlusion,
        presence=face.presence,
        eye_pixels=face.quality.eye_distance * crop_side(right - left, bottom - top),
    )


def component_values(face: Face) -> dict[str, float | None]:
    """The components as JSON values."""
    named = asdict(face_components(face))
    return {name: None if value is None else round(float(value), 3) for name, value in named.items()}


def _demands(face: Face, seen: Observation) -> Iterator[tuple[str, Any, bool | None, str]]:
    """Name, measured value, whether it is met (None: could not be judged), and the reason when it is not."""
    limits, light, eyes = card("face/quality").parameters, face.quality, face.eyes.least
    left, top, right, bottom = face.box
    size = min(right - left, bottom - top)
    yield "face_size", round(size, 1), size >= FACE_LEAST, "face_too_small"
    away = math.hypot((left + right - seen.width) / 2, (top + bottom - seen.height) / 2) / min(seen.width, seen.height)
    yield "face_centered", round(away, 3), away <= OFF_CENTRE_MOST, "face_off_centre"
    pose = {name: round(getattr(face.pose, name), 1) for name in ("yaw", "pitch", "roll")}
    turned = abs(pose["yaw"]) > YAW_MOST or abs(pose["pitch"]) > PITCH_MOST or abs(pose["roll"]) > ROLL_MOST
    yield "pose", pose, not turned, "face_turned_away"
    lit = limits["brightness_least"] <= light.brightness <= limits["brightness_most"]
    spoilt = light.overexposed > limits["overexposed_most"] or light.underexposed > limits["underexposed_most"]
    yield "brightness", round(light.brightness, 3), lit and not spoilt, "badly_lit"
    yield "sharpness", round(light.sharpness, 3), light.sharpness >= limits["sharpness_least"], "blurred"
    regions = ("left_eye", "right_eye", "nose", "mouth")
    seen_of = face.occlusion
    visible = None if seen_of is None else {n: round(getattr(seen_of, n), 3) for n in (*regions, "total")}
    shown = None if visible is None else all(visible[name] >= VISIBLE_LEAST for name in regions)
    yield "occlusion", visible, shown, "face_covered"
    yield "eyes_open", None if eyes is None else round(eyes, 3), None if eyes is None else eyes >= OPEN, "eyes_closed"
    covered = None if visible is None else max(visible["left_eye"], visible["right_eye"]) < VISIBLE_LEAST
    yield "sunglasses", covered, None if covered is None else not covered, "eyes_covered"


def _advice(face: Face) -> Iterator[tuple[str, Any, bool | None, str]]:
    """Likewise of what is asked of passport photos; their names stand in `ADVICE`."""
    limits, light = card("face/quality").parameters, face.quality
    even, plain, shut = light.illumination, light.background, 1 - face.mouth
    yield "illumination", round(even, 3), even >= limits["illumination_least"], "uneven_light"
    fine = None if plain is None else plain >= limits["background_least"]
    yield "background", None if plain is None else round(plain, 3), fine, "busy_background"
    yield "mouth_closed", round(shut, 3), shut >= MOUTH_CLOSED_LEAST, "mouth_open"
