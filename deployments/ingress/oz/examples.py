"""Objects of the Oz-compatible API, for its documentation."""

from typing import Any

from deployments.ingress.openapi import EXAMPLE_ID

MEDIA: dict[str, Any] = {
    "media_id": EXAMPLE_ID,
    "folder_id": EXAMPLE_ID,
    "media_type": "VIDEO_FOLDER",
    "tags": ["video_selfie", "video_selfie_blank"],
    "original_name": "a.mp4",
    "original_url": "http://localhost:8000/api/media/1/original?expires=1780000000&signature=00",
    "thumb_url": "http://localhost:8000/api/media/1/thumb?expires=1780000000&signature=00",
    "info": {"video": {"duration": 3.1, "fps": 30, "width": 720, "height": 1280}},
}
ANALYSIS: dict[str, Any] = {
    "analyse_id": EXAMPLE_ID,
    "analysis_id": EXAMPLE_ID,
    "folder_id": EXAMPLE_ID,
    "type": "QUALITY",
    "state": "FINISHED",
    "resolution_status": "SUCCESS",
    "resolution": "SUCCESS",
    "results_media": [{"source_video_id": EXAMPLE_ID, "results_data": {"confidence_spoofing": 0.0579}}],
}
FOLDER: dict[str, Any] = {
    "folder_id": EXAMPLE_ID,
    "company_id": EXAMPLE_ID,
    "meta_data": {"transaction_id": "4711"},
    "resolution_status": "FINISHED",
    "system_resolution": "SUCCESS",
    "media": [MEDIA],
    "analyses": [ANALYSIS],
}
COLLECTION = {"collection_id": EXAMPLE_ID, "alias": "blacklist"}
PERSON = {"person_id": "person-17", "collection_id": EXAMPLE_ID}
