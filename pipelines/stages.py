"""The stages by name, each with the models it needs."""

from dataclasses import dataclass

from models.hub.checkpoint import of_task
from pipelines.deepfake import ai_generated_findings, face_findings, voice_findings
from pipelines.document import forensics, page_text
from pipelines.document import liveness as document_liveness
from pipelines.document.id_document import observe as id_document
from pipelines.identity import observe
from pipelines.workers import Stage


@dataclass(frozen=True, slots=True)
class NamedStage:
    """A stage and the registry names of the models it asks."""

    run: Stage
    models: tuple[str, ...]


STAGES: dict[str, NamedStage] = {
    "faces": NamedStage(observe.observe, observe.MODELS),
    "document_text": NamedStage(page_text.document_text, page_text.MODELS),
    # The same once more, for the further pages of scans: a task keeps one finding a stage.
    "document_scans": NamedStage(page_text.document_text, page_text.MODELS),
    "forensics": NamedStage(forensics.find_in_file, forensics.MODELS),
    "document_liveness": NamedStage(document_liveness.observe, document_liveness.MODELS),
    "ai_generated_image": NamedStage(
        ai_generated_findings.examine, (*ai_generated_findings.MODELS, *of_task("ai_generated_image"))
    ),
    "face_manipulation": NamedStage(face_findings.look, (*face_findings.MODELS, *of_task("face_manipulation"))),
    "voice": NamedStage(voice_findings.listen, (*voice_findings.MODELS, *of_task("voice"))),
    "id_document": NamedStage(id_document.observe, id_document.MODELS),
}
