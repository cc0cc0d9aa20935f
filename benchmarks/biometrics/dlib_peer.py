"""The peer in its own environment: dlib's detector, 5-point aligner and ResNet, as the face_recognition package joins
them. Imports nothing of this project.

    python dlib_peer.py MODELS OUT.npz < paths

Reads picture paths, one a line; writes `vectors` (N, 128) float64, NaN where no face was found, and `cpu_ms` (N,), with
decoding. Prints a dot a picture. The picture is enlarged up to fourfold until a face is found; the largest counts.
"""

import sys
import time
from pathlib import Path

import dlib
import numpy as np
from PIL import Image

ENLARGEMENTS = (0, 1, 2)


def main() -> None:
    models, out = Path(sys.argv[1]), sys.argv[2]
    detector = dlib.get_frontal_face_detector()
    aligner = dlib.shape_predictor(str(models / "shape_predictor_5_face_landmarks.dat"))
    network = dlib.face_recognition_model_v1(str(models / "dlib_face_recognition_resnet_model_v1.dat"))

    def embedding(path: str) -> np.ndarray:
        picture = np.asarray(Image.open(path).convert("RGB"))
        for doublings in ENLARGEMENTS:
            found = detector(picture, doublings)
            if found:
                face = max(found, key=lambda box: box.area())
                return np.array(network.compute_face_descriptor(picture, aligner(picture, face)))
        return np.full(128, np.nan)

    paths = sys.stdin.read().splitlines()
    embedding(paths[0])  # the first one also sets up
    vectors, cpu_ms = [], []
    for path in paths:
        began = time.process_time()
        vectors.append(embedding(path))
        cpu_ms.append(1000 * (time.process_time() - began))
        print(".", end="", flush=True)
    np.savez(out, vectors=np.stack(vectors), cpu_ms=np.array(cpu_ms))


if __name__ == "__main__":
    main()
