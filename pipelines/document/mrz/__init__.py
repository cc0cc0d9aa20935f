"""Machine-readable zones of travel documents: found, read under the grammar of ICAO 9303, and never guessed."""

from pipelines.document.mrz.read import MODELS, Mrz, read_mrz

__all__ = ["MODELS", "Mrz", "read_mrz"]
