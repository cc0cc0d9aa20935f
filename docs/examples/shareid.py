"""A client of ShareID's photo-based authenticity API, written from the vendor's documentation alone.

    API_KEY=... BUSINESS_HASH=... python shareid.py http://127.0.0.1:8000 recto.jpg [verso.jpg] [first_name=robert ...]

Is the document authentic and valid, and what does it say? Needs httpx.
"""

import json
import mimetypes
import os
import sys
from pathlib import Path
from typing import Any

import httpx


class ShareId:
    """The one call of the documentation."""

    def __init__(self, base_url: str, api_key: str, business_hash: str) -> None:
        self._http = httpx.Client(base_url=base_url, timeout=90, trust_env=False)
        self._credentials = {"api_key": api_key, "business_hash": business_hash}

    def authenticity(self, photos: list[Path], **claim: Any) -> dict[str, Any]:
        """Checks a document in one or two photos or PDFs, in any order.

        Args: claim: doc_type, country_code, first_name, last_name and tags, where they are known.
        Raises: httpx.HTTPStatusError: nothing was judged; 408 after a timeout.
        """
        files = [
            ("photos", (photo.name, photo.read_bytes(), mimetypes.guess_type(photo.name)[0] or "image/webp"))
            for photo in photos
        ]
        data = {"data": json.dumps(self._credentials | claim)}
        reply = self._http.post("/flow/authenticity/photo", data=data, files=files)
        reply.raise_for_status()
        flow: dict[str, Any] = reply.json()
        return flow


def main(base_url: str, *arguments: str) -> None:
    """Checks a document and prints the answer."""
    client = ShareId(base_url, os.environ["API_KEY"], os.environ["BUSINESS_HASH"])
    photos = [Path(argument) for argument in arguments if "=" not in argument]
    claim = dict(argument.split("=", 1) for argument in arguments if "=" in argument)
    print(json.dumps(client.authenticity(photos, **claim), indent=2))


if __name__ == "__main__":
    main(*sys.argv[1:])
