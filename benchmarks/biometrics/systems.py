"""Who turns a photo into a vector: this product, through its own services' code, and its peer in another process."""

import asyncio
import hashlib
import os
import subprocess
import sys
import venv
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.load import measured, own_tree
from pipelines.context import Context
from pipelines.identity.face_quality import best_face, overall
from pipelines.identity.faces import look_at_faces
from pipelines.local import LocalModels, LocalWorkers
from pipelines.media.decoder import IsolatedDecoder

ROOT = Path(__file__).resolve().parents[2]
OURS = "Veriscope"
DLIB = "dlib"
PEER_PACKAGES = ("dlib-bin==20.0.1.post1", "face-recognition-models==0.3.0", "numpy", "pillow")
_PEER_SCRIPT = Path(__file__).with_name("dlib_peer.py")
Tick = Callable[[], None]


@dataclass(frozen=True, slots=True)
class Seen:
    """What a system made of N pictures.

    Attributes:
        vectors: (N, D) float, NaN where it found no face.
        quality: (N,) float 0..1, the product's unified quality; 0 where no face, and for peers.
        cpu_ms: mean CPU milliseconds a picture, decoding included.
    """

    vectors: np.ndarray
    quality: np.ndarray
    cpu_ms: float


class Product:
    """The `faces` look of the identity services with embeddings, on one thread, decoding isolated as in production."""

    name = OURS

    def __init__(self) -> None:
        self._runner, self._decoder = asyncio.Runner(), IsolatedDecoder()
        self._runner.run(self._decoder.start())
        self.workers = LocalWorkers(self._decoder, LocalModels(threads=1))

    def run(self, work: object) -> object:
        """Runs a coroutine on the loop that the decoder belongs to."""
        return self._runner.run(work)  # type: ignore[arg-type]

    @property
    def version(self) -> str:
        """A fingerprint of the code and weights that decide the vectors and qualities."""
        parts = [*(ROOT / "models/face").glob("*.py"), *(ROOT / "models/trained").glob("*.onnx")]
        parts += [*(ROOT / "models/cards").glob("face-*.toml"), ROOT / "models/weights.toml"]
        parts += [ROOT / "pipelines/identity" / f"{name}.py" for name in ("observe", "faces", "face_quality")]
        return fingerprint(parts)

    def look(self, pictures: list[Path], tick: Tick) -> Seen:
        """Vectors and qualities of the main face of each picture."""
        rows: list[tuple[np.ndarray, float]] = []

        async def each() -> None:
            for picture in pictures:
                rows.append(await self._one(picture))
                tick()

        self.run(self._one(pictures[0]))  # loads the models
        processes = own_tree()
        cost = measured(lambda: self.run(each()), len(pictures), lambda: processes)
        return Seen(np.stack([row[0] for row in rows]), np.array([row[1] for row in rows]), cost.cpu_ms)

    async def _one(self, picture: Path) -> tuple[np.ndarray, float]:
        context = Context({"file": picture.read_bytes()}, self.workers)
        seen = await look_at_faces(context, "file", embedding=True, images_only=True)
        if not seen.faces or seen.faces[0].embedding is None:
            return np.full(128, np.nan, np.float32), 0.0
        return seen.faces[0].embedding, overall(best_face(seen))

    def similarity(self, first: np.ndarray, second: np.ndarray) -> np.ndarray:
        """Cosines, row by row."""
        return np.einsum("nd,nd->n", first, second)

    def close(self) -> None:
        self._decoder.close()
        self._runner.close()


class Dlib:
    """dlib's own detector, aligner and ResNet in an environment of its own (`--peer-dir`)."""

    name = DLIB

    def __init__(self, folder: Path) -> None:
        """Makes the environment where it is missing. The packages come from PyPI, about 110 MB."""
        self._python = folder / "bin" / "python"
        if not self._python.exists():
            venv.create(folder, with_pip=True)
        command = [str(self._python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *PEER_PACKAGES]
        subprocess.run(command, check=True)
        place = (
            "import importlib.util as u; print(u.find_spec('face_recognition_models').submodule_search_locations[0])"
        )
        found = subprocess.run([str(self._python), "-c", place], check=True, capture_output=True, text=True).stdout
        self._models = Path(found.strip()) / "models"

    @property
    def version(self) -> str:
        """A fingerprint of the script and its packages."""
        return hashlib.sha256(_PEER_SCRIPT.read_bytes() + "".join(PEER_PACKAGES).encode()).hexdigest()[:16]

    def look(self, pictures: list[Path], tick: Tick) -> Seen:
        """Vectors of the largest face of each picture."""
        out = self._python.parent.parent / "vectors.npz"
        single = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
        command = [str(self._python), str(_PEER_SCRIPT), str(self._models), str(out)]
        with subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=os.environ | single
        ) as process:
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write("\n".join(map(str, pictures)).encode())
            process.stdin.close()
            while process.stdout.read(1):
                tick()
        if process.returncode:
            raise RuntimeError(f"the peer ended with {process.returncode}")
        with np.load(out) as found:
            return Seen(found["vectors"], np.zeros(len(pictures)), float(found["cpu_ms"].mean()))

    def similarity(self, first: np.ndarray, second: np.ndarray) -> np.ndarray:
        """Negative Euclidean distances, row by row: the measure that this network was trained for."""
        return -np.linalg.norm(first - second, axis=1)

    def close(self) -> None:
        """Nothing is kept running."""


System = Product | Dlib


def fingerprint(files: list[Path]) -> str:
    """Of the contents of files; one that is missing counts as empty."""
    total = hashlib.sha256(sys.version.encode())
    for file in sorted(files):
        total.update(file.name.encode() + (file.read_bytes() if file.exists() else b""))
    return total.hexdigest()[:16]
