"""The services by name, and what each of them takes."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from pipelines.context import Context
from pipelines.deepfake.ai_generated_image import detect_ai_generated
from pipelines.deepfake.face_manipulation import detect_manipulation
from pipelines.deepfake.solution import judge_media
from pipelines.deepfake.voice import analyse_voice
from pipelines.document.data_extraction import extract_data
from pipelines.document.forensics import analyse_file
from pipelines.document.id_document.authenticate import authenticate
from pipelines.document.liveness import check_document_liveness
from pipelines.document.solution import judge_document
from pipelines.identity.face_matching import enrol, match_faces
from pipelines.identity.face_matrix import compare_everyone
from pipelines.identity.face_report import report_faces
from pipelines.identity.liveness import check_liveness
from pipelines.identity.liveness_set import check_liveness_set
from pipelines.identity.same_person import same_person
from pipelines.identity.solution import identity
from pipelines.identity.watchlist import check_watchlist
from pipelines.report import Report


@dataclass(frozen=True, slots=True)
class Service:
    """One question, or a solution over several.

    Attributes:
        subject: role of the media that is judged.
        reference: role of the media it is compared with, where there is one.
        for_files: whether these two are all it needs: no gallery, and no further media in roles of their own.
        patience: how many times the usual deadline it may take to get further (`Context.progress`): its steps are long.
    """

    run: Callable[[Context], Awaitable[Report]]
    subject: str
    reference: str | None = None
    reference_required: bool = False
    for_files: bool = True
    patience: float = 1.0


SERVICES: dict[str, Service] = {
    "forensic_analysis": Service(analyse_file, "file"),
    "liveness_detection": Service(check_liveness, "file"),
    "face_matching": Service(match_faces, "file", "extra_file", reference_required=True),
    "face_matrix": Service(compare_everyone, "file", "extra_file", reference_required=True),
    "face_quality": Service(report_faces, "file"),
    "gallery_enrol": Service(enrol, "file", for_files=False),
    "identity": Service(identity, "selfie", "reference"),
    "data_extraction": Service(extract_data, "file"),
    "document": Service(judge_document, "file", "back"),
    "document_liveness": Service(check_document_liveness, "front", "back"),
    "id_document_authentication": Service(authenticate, "front", "back"),
    "deepfake": Service(judge_media, "file", patience=5.0),
    "ai_generated_image_detection": Service(detect_ai_generated, "file"),
    "face_manipulation": Service(detect_manipulation, "file", patience=2.0),
    "voice_analysis": Service(analyse_voice, "file", patience=5.0),
    # These take media in any role, as many as there are.
    "liveness_set": Service(check_liveness_set, "file", for_files=False),
    "same_person": Service(same_person, "file", for_files=False),
    "watchlist": Service(check_watchlist, "file", for_files=False),
}

FILE_SERVICES = {name: service for name, service in SERVICES.items() if service.for_files}
"""Those that judge plain files, one by one: from the command line and in bulk."""
