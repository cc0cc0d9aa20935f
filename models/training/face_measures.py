"""Prints how often ordinary photos of faces pass the thresholds of the face cards, and where level heads lie.

    python -m models.training.face_measures --data ../shared/data

Portraits and selfies must pass: the thresholds of the cards `face/quality` and `face/landmarks` were set by it.
"""

import argparse
from pathlib import Path

import numpy as np

from models.face.eyes import OPEN, eye_openness
from models.face.landmarks import FaceMesh, mesh_crop, to_image
from models.face.pose import head_pose
from models.face.quality import CARD, FaceQuality, face_quality
from models.training.face_data import faces, photos

SETS = (("faces/portraits", "train"), ("faces/pairs", "dev"))
PRESENT = 0.5


def failures(quality: FaceQuality) -> list[str]:
    """Names of the measures outside the card's thresholds."""
    limit = CARD.parameters
    outside = {
        "brightness": not limit["brightness_least"] <= quality.brightness <= limit["brightness_most"],
        "contrast": quality.contrast < limit["contrast_least"],
        "sharpness": quality.sharpness < limit["sharpness_least"],
        "overexposed": quality.overexposed > limit["overexposed_most"],
        "underexposed": quality.underexposed > limit["underexposed_most"],
    }
    return [name for name, failed in outside.items() if failed]


def measure(data: Path, kind: str, use: str) -> None:
    """Prints the figures of one set."""
    mesh = FaceMesh()
    mesh.load()
    poses, eyes, failed, found, total = [], [], [], 0, 0
    for _, image, face in faces(data, photos(data, kind, use)):
        total += 1
        if face is None:
            continue
        found += 1
        crop, crop_to_image = mesh_crop(image, face)
        placed = mesh.predict([crop])[0]
        if placed.presence >= PRESENT:
            pose = head_pose(to_image(placed.landmarks, crop_to_image))
            poses.append((pose.yaw, pose.pitch, pose.roll))
            eyes.append(eye_openness(placed, pose).least)
            failed.append(failures(face_quality(crop, placed.landmarks)))
    angles, judged = np.array(poses), np.array([eye for eye in eyes if eye is not None])
    level = angles[np.abs(angles[:, 0]) < 20]
    print(f"{kind}: {total} photos, face found in {found}, mesh present in {len(angles)}")
    print(f"  pitch of faces within 20 degrees of yaw: median {np.median(level[:, 1]):.1f}, n {len(level)}")
    print(f"  yaw, pitch, roll quantiles 5/50/95 %: {np.quantile(angles, (0.05, 0.5, 0.95), axis=0).round(1).tolist()}")
    print(f"  eyes judged in {len(judged)}, open in {int((judged >= OPEN).sum())}")
    print(f"  all quality measures pass in {sum(not names for names in failed)} of {len(failed)}")
    for name in ("brightness", "contrast", "sharpness", "overexposed", "underexposed"):
        print(f"    {name} fails in {sum(name in names for names in failed)}")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    data = parser.parse_args().data
    for kind, use in SETS:
        measure(data, kind, use)


if __name__ == "__main__":
    main()
