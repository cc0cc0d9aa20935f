"""What every face in a picture is like: where, how held, how visible, how lit."""

import math
from typing import Any

from pipelines.context import Context
from pipelines.errors import MediaError
from pipelines.identity.face_quality import component_values, overall
from pipelines.identity.faces import look_at_faces
from pipelines.identity.observation import Face, Observation
from pipelines.policy import verdict
from pipelines.report import Report


async def report_faces(context: Context) -> Report:
    """Measures each face of `file`, left to right. It informs only.

    Raises:
        MediaError: `no_face`.
    """
    seen = await look_at_faces(context, "file", everyone=True, images_only=True)
    if not seen.everyone:
        raise MediaError("no_face", "no face found in file", "file")
    return Report(
        service="face_quality",
        verdict=verdict("face_quality", ()),
        checks=(),
        data={"faces": [measured(face, seen) for face in seen.everyone]},
    )


def measured(face: Face, seen: Observation) -> dict[str, Any]:
    """JSON values of one face: pixels of the upright original, degrees, and shares 0..1.

    `occlusion` is the share of each part that is visible; `distance2center` is 1 in the middle and falls to 0 at one
    short side from it; `size` is the face's share of the picture; an eye or component that cannot be judged is None.
    """
    left, top, right, bottom = face.box
    away = math.hypot((left + right - seen.width) / 2, (top + bottom - seen.height) / 2) / min(seen.width, seen.height)
    size = (right - left) * (bottom - top) / (seen.width * seen.height)
    parts = ("left_eye", "right_eye", "nose", "mouth", "total")
    return {
        "rect": dict(zip(("left", "top", "right", "bottom"), map(round, face.box), strict=True)),
        "pose": {name: round(getattr(face.pose, name), 2) for name in ("yaw", "pitch", "roll")},
        "occlusion": {name: _share(getattr(face.occlusion, name, None)) for name in parts},
        "distance2center": _share(1 - away),
        "size": _share(size),
        "brightness": _share(face.quality.brightness),
        "sharpness": _share(face.quality.sharpness),
        "eye_open": {"left": _share(face.eyes.left), "right": _share(face.eyes.right)},
        "mouth_open": _share(face.mouth),
        "components": component_values(face),
        "quality": _share(overall(face)),
    }


def _share(value: float | None) -> float | None:
    return None if value is None else round(min(1.0, max(0.0, value)), 4)
