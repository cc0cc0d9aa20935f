"""What a text recogniser returns: a line of text, where it stands, and how sure the reader is."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, slots=True, eq=False)
class TextLine:
    """One line (or one separate run) of text in an image.

    Attributes:
        text: as read, never empty.
        quad: (4, 2) float32 x, y in pixels of the image that was passed in (origin top-left), clockwise from the
            top-left corner as the text is read, so that text that stands on its head starts at the bottom right.
        confidence: mean probability of its characters, 0..1.
    """

    text: str
    quad: npt.NDArray[np.float32]
    confidence: float

    @property
    def box(self) -> tuple[float, float, float, float]:
        """Left, top, right and bottom of the upright rectangle around the quad."""
        (left, top), (right, bottom) = self.quad.min(axis=0), self.quad.max(axis=0)
        return float(left), float(top), float(right), float(bottom)


class PageLines(list[TextLine]):
    """The lines of one image from top to bottom, and how many regions hold text that could not be read.

    Attributes:
        unread: regions that came out empty, far too short for their width, or below the reader's least confidence: many
            of them mean a script the reader does not know.
    """

    def __init__(self, lines: Iterable[TextLine] = (), unread: int = 0) -> None:
        super().__init__(lines)
        self.unread = unread

    def __reduce__(self) -> tuple[Any, ...]:
        return PageLines, (list(self), self.unread)
