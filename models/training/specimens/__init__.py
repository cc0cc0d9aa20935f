"""Documents of countries that do not exist: drawn, photographed and forged, all with their truth."""

from models.training.specimens.layouts import LAYOUTS, RESERVED, TRAIN, UNSEEN, Layout
from models.training.specimens.specimen import Side, Specimen, specimen

__all__ = ["LAYOUTS", "RESERVED", "TRAIN", "UNSEEN", "Layout", "Side", "Specimen", "specimen"]
