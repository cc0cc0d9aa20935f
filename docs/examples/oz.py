"""An Oz API client, written from the vendor's documentation alone: nothing in it knows Veriscope.

    python oz.py http://127.0.0.1:8000 bank "correct horse battery staple" selfie.mp4 [photo.jpg ...]

Is the person in the video (or photo, or ZIP of frames) alive, and do all files show the same one? Needs httpx.
"""

import json
import sys
import time
from pathlib import Path
from typing import Any

import httpx

VIDEOS = {".mp4", ".mov", ".avi", ".webm", ".zip"}
DONE = {"SUCCESS", "DECLINED", "FAILED", "OPERATOR_REQUIRED"}
PATIENCE_S = 120.0


class Oz:
    """The calls that an analysis needs, in the order of the documentation."""

    def __init__(self, base_url: str, email: str, password: str) -> None:
        self._http = httpx.Client(base_url=base_url, timeout=60, trust_env=False)
        credentials = {"credentials": {"email": email, "password": password}}
        token = self._ask("POST", "/api/authorize/auth", json=credentials)["access_token"]
        self._http.headers["X-Forensic-Access-Token"] = token

    def create_folder(self, files: list[Path]) -> dict[str, Any]:
        """Uploads files, marked with the tags that tell what they show. Returns the folder."""
        keys = {f"media{number}": file for number, file in enumerate(files)}
        tags = {key: tags_of(file) for key, file in keys.items()}
        parts = {key: (file.name, file.read_bytes()) for key, file in keys.items()}
        folder: dict[str, Any] = self._ask(
            "POST", "/api/folders/", files=parts, data={"payload": json.dumps({"media:tags": tags})}
        )
        return folder

    def analyse(self, folder_id: str, *types: str) -> list[dict[str, Any]]:
        """Initiates analyses over all media of the folder and waits for their end."""
        wanted = {"analyses": [{"type": kind} for kind in types]}
        asked = self._ask("POST", f"/api/folders/{folder_id}/analyses/", json=wanted)
        return [self.result(analysis["analyse_id"]) for analysis in asked]

    def result(self, analyse_id: str) -> dict[str, Any]:
        """Polls until `resolution_status` and `resolution` are anything but PROCESSING."""
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until:
            analysis: dict[str, Any] = self._ask("GET", f"/api/analyses/{analyse_id}")
            if {analysis["resolution_status"], analysis["resolution"]} <= DONE:
                return analysis
            time.sleep(0.2)
        raise TimeoutError(f"analysis {analyse_id} is still under way")

    def delete_folder(self, folder_id: str) -> None:
        """Erases the folder with everything in it."""
        self._http.delete(f"/api/folders/{folder_id}").raise_for_status()

    def _ask(self, method: str, path: str, **arguments: Any) -> Any:
        reply = self._http.request(method, path, **arguments)
        if reply.is_error:
            error = reply.json()
            raise RuntimeError(f"{method} {path}: error {error['error_code']}, {error['error_message']}")
        return reply.json()


def tags_of(file: Path) -> list[str]:
    """What the file shows: a selfie video without a gesture, or a portrait photo."""
    return ["video_selfie", "video_selfie_blank"] if file.suffix.lower() in VIDEOS else ["photo_selfie"]


def spoofing(analysis: dict[str, Any]) -> dict[str, float | None]:
    """Chance that the person is not a real one, by media id; None where that could not be judged."""
    found = {}
    for result in analysis["results_media"]:
        media_id = next(value for key, value in result.items() if key.startswith("source_"))
        found[media_id] = (result["results_data"] or {}).get("confidence_spoofing")
    return found


def main(base_url: str, email: str, password: str, *files: str) -> None:
    """Judges the files together and prints what came back."""
    oz = Oz(base_url, email, password)
    folder = oz.create_folder([Path(file) for file in files])
    types = ["quality", "biometry"] if len(files) > 1 else ["quality"]
    analyses = {analysis["type"]: analysis for analysis in oz.analyse(folder["folder_id"], *types)}
    answers: dict[str, Any] = {
        "liveness": analyses["QUALITY"]["resolution_status"],
        "confidence_spoofing": spoofing(analyses["QUALITY"]),
    }
    if "BIOMETRY" in analyses:
        answers["same_person"] = analyses["BIOMETRY"]["resolution_status"]
        answers["confidence"] = analyses["BIOMETRY"]["results_data"]
    oz.delete_folder(folder["folder_id"])
    print(json.dumps(answers, indent=2))


if __name__ == "__main__":
    main(*sys.argv[1:])
