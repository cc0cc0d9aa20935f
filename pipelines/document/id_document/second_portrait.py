"""The holder's second, fainter picture that many documents carry: does it show the person of the portrait?

Who exchanges the portrait, in the photograph or on the document, mostly leaves the ghost picture as it is.
"""

from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

from models.document.text_line import TextLine
from models.face import calibration
from models.face.detector import FaceBox
from pipelines.document.capture import Capture
from pipelines.document.id_document.observation import Portrait, Trace
from pipelines.identity.sights import sights
from pipelines.policy import NOT_APPLICABLE
from pipelines.workers import Models

CHECK = "ghost_portrait"
THRESHOLD, SURE = 0.43, 0.5
"""Of the calibrated score of the two faces: below the first they are two people's, from the second on one person's.
One in twenty, and one in a hundred, strangers are as alike; ghosts are small, faint and crossed by lines, so those of
one person are less alike than two good pictures of him (docs/benchmarks/id-forgeries.md)."""
_MOST = 3
_SURROUNDINGS = (0.6, 0.75)
"""Of the portrait's face, painted over on each side: what is left are the other faces."""
_SIZES = (0.2, 0.85)
"""Width of a ghost's face as a share of the portrait's."""
_LEAST_PRESENCE = 0.9
"""Of the mesh, in one of the pictures: ghosts that the detector alone sees are too faint to recognize anybody."""
_WRITTEN_OVER = 0.05
"""Share of a ghost's face under print from which on nobody is recognized in it."""
_GRAIN = 1.5
_CONTRAST, _TILES = 4.0, (6, 4)


async def second_portrait(
    capture: Capture, portrait: Portrait | None, printed: Sequence[TextLine], models: Models
) -> Trace:
    """Compares the portrait with every further face on its side; the most alike of them counts.

    Args:
        printed: text, in pixels of the flat document.
    """
    document = capture.document
    if portrait is None or capture.face is None or document is None:
        return Trace(score=None, reason=NOT_APPLICABLE)
    cleared = without(document, capture.face)
    (found,) = await models.predict("face/detector", [cleared])
    faces = [face for face in _distinct([*found, *capture.others]) if _ghostly(face, capture.face)]
    bare = [face for face in faces[:_MOST] if _under(face, printed) < _WRITTEN_OVER]
    # Each face is cut from both pictures: which of them shows more of it depends on the print.
    seen = await sights([(picture, face) for face in bare for picture in (document, cleared)], models)
    pairs = zip(seen[::2], seen[1::2], strict=True)
    ghosts = [s for pair in pairs if max(s.mesh.presence for s in pair) >= _LEAST_PRESENCE for s in pair]
    if not ghosts:
        return Trace(score=None, reason=NOT_APPLICABLE)
    embeddings = await models.predict("face/embedder", [sight.aligned for sight in ghosts])
    likenesses = [float(portrait.embedding @ embedding) for embedding in embeddings]
    best = int(np.argmax(likenesses))
    face = ghosts[best].box
    box = [round(edge, 1) for edge in (face.left, face.top, face.right, face.bottom)]
    return Trace(score=calibration.score(likenesses[best]), evidence={"box": box})


def without(document: npt.NDArray[np.uint8], face: FaceBox) -> npt.NDArray[np.uint8]:
    """The document without its portrait, in grey, free of fine lines and with its local contrast raised."""
    grey = cv2.cvtColor(document, cv2.COLOR_RGB2GRAY)
    beyond = _SURROUNDINGS[0] * face.width, _SURROUNDINGS[1] * face.height
    left, top = (max(0, round(edge)) for edge in (face.left - beyond[0], face.top - beyond[1]))
    grey[top : round(face.bottom + beyond[1]), left : round(face.right + beyond[0])] = np.median(grey)
    sigma = _GRAIN * max(document.shape[:2]) / 1200
    raised = cv2.createCLAHE(_CONTRAST, _TILES).apply(cv2.GaussianBlur(grey, (0, 0), sigma))
    return np.repeat(raised[..., None], 3, axis=2)


def _ghostly(face: FaceBox, main: FaceBox) -> bool:
    share = face.width / max(main.width, 1.0)
    return _SIZES[0] <= share <= _SIZES[1]


def _distinct(faces: Sequence[FaceBox]) -> list[FaceBox]:
    """Without those whose middle lies in an earlier one."""
    kept: list[FaceBox] = []
    for face in faces:
        x, y = (face.left + face.right) / 2, (face.top + face.bottom) / 2
        if not any(one.left < x < one.right and one.top < y < one.bottom for one in kept):
            kept.append(face)
    return kept


def _under(face: FaceBox, printed: Sequence[TextLine]) -> float:
    """Share of a face that text covers."""
    covered = 0.0
    for line in printed:
        left, top, right, bottom = line.box
        across = min(right, face.right) - max(left, face.left)
        covered += max(0.0, across) * max(0.0, min(bottom, face.bottom) - max(top, face.top))
    return covered / max(1.0, face.width * face.height)
