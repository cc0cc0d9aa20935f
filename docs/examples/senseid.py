"""A SenseID client, written from the vendor's manual alone: nothing in it knows Veriscope.

    python senseid.py http://127.0.0.1:8000 first.jpg second.jpg [video.mp4]

Needs httpx and cryptography.
"""

import base64
import json
import sys
from pathlib import Path
from typing import Any

import httpx
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

# Defaults of the manual; PARAM_DECRYPT_KEY and PARAM_DECRYPT_IV of the server replace them.
KEY, IV = b"dcbbad6765e14139a07d34b92292a672", b"df25d188a061"
THRESHOLD = 0.7


def encrypt(content: bytes) -> str:
    """AES-256-GCM without associated data; base64 of the ciphertext followed by the 128-bit tag."""
    return base64.b64encode(AESGCM(KEY).encrypt(IV, content, None)).decode()


class SenseId:
    """The six calls of the manual. Each returns the JSON reply; `code` is 1000 on success."""

    def __init__(self, base_url: str) -> None:
        self._http = httpx.Client(base_url=base_url, timeout=60, trust_env=False)

    def image_verification(self, first: bytes, second: bytes, **flags: bool) -> dict[str, Any]:
        """1.1: compares two photos of one face each."""
        fields = {"first_encrypted_image": encrypt(first), "second_encrypted_image": encrypt(second)}
        return self._post("/identity/image_verification/stateless", fields, flags)

    def multiface_verification(self, first: bytes, second: bytes, **flags: bool) -> dict[str, Any]:
        """1.2: compares all faces of two photos."""
        fields = {"first_encrypted_image": encrypt(first), "second_encrypted_image": encrypt(second)}
        return self._post("/identity/multiface_image_omni_verification/stateless", fields, flags)

    def liveness_image_verification(self, liveness: bytes, image: bytes, **flags: bool) -> dict[str, Any]:
        """1.3: compares liveness data, which is encrypted already, with a photo."""
        files = {"liveness_file": ("liveness.bin", liveness, "application/octet-stream")}
        return self._post(
            "/identity/liveness_image_verification/stateless", {"encrypted_image": encrypt(image)}, flags, files
        )

    def silent_image_verification(self, video: bytes, image: bytes, **flags: bool) -> dict[str, Any]:
        """1.4: is the person in the video alive, and the one in the photo?"""
        fields = {"encrypted_video": encrypt(video), "encrypted_image": encrypt(image)}
        return self._post("/identity/silent_image_verification/stateless", fields, flags)

    def face_quality(self, image: bytes) -> dict[str, Any]:
        """2.1: measures every face in a photo."""
        return self._post("/quality/face/stateless", {"encrypted_image": encrypt(image)}, {})

    def silent_detection(self, video: bytes, **flags: bool) -> dict[str, Any]:
        """3.1: is the person in the video alive?"""
        return self._post("/liveness/silent_detection/stateless", {"encrypted_video": encrypt(video)}, flags)

    def _post(
        self, path: str, fields: dict[str, str], flags: dict[str, bool], files: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        texts = fields | {name: "true" if value else "false" for name, value in flags.items()}
        parts = {name: (None, value) for name, value in texts.items()} | (files or {})
        reply: dict[str, Any] = self._http.post(path, files=parts).json()
        return reply


def main(base_url: str, first: str, second: str, video: str | None = None) -> None:
    """Makes each call once and prints what came back."""
    client = SenseId(base_url)
    one, two = Path(first).read_bytes(), Path(second).read_bytes()
    verified = client.image_verification(one, two, auto_rotate=True)
    answers = {
        "image_verification": verified,
        "same_person": verified.get("verification_score", 0) > THRESHOLD,
        "multiface": client.multiface_verification(one, two),
        "quality": client.face_quality(one),
    }
    if video is not None:
        moving = Path(video).read_bytes()
        sealed = base64.b64decode(encrypt(moving))
        answers["liveness_image_verification"] = client.liveness_image_verification(sealed, one)
        answers["silent_image_verification"] = client.silent_image_verification(moving, one, return_status=True)
        answers["silent_detection"] = client.silent_detection(moving, return_status=True, return_image=True)
    print(json.dumps(answers, indent=2))


if __name__ == "__main__":
    main(*sys.argv[1:])
