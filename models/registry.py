"""Model names to predictors. Swapping a model is a line in a profile; adding one is a line here and a card."""

from importlib import import_module

from models.hub.checkpoint import checkpoints
from models.predictor import Predictor

PREDICTORS = {
    "deepfake/fingerprint": "models.deepfake.fingerprint:FingerprintBank",
    "deepfake/generated-image": "models.deepfake.generated_image:GeneratedImageDetector",
    "deepfake/face-artifacts": "models.deepfake.face_artifacts:FaceArtifactDetector",
    "deepfake/watermark": "models.deepfake.watermark:WatermarkReader",
    "document/barcodes": "models.document.barcodes:BarcodeReader",
    "document/detector": "models.document.learned_detector:LearnedDetector",
    "document/mrz-reader": "models.document.mrz_reader:MrzReader",
    "document/mrz-text-reader": "models.document.mrz_text_reader:MrzTextReader",
    "document/copy-move": "models.document.copy_move:CopyMoveDetector",
    "document/ghosts": "models.document.ghosts:GhostDetector",
    "document/ocr": "models.document.ocr:PaddleOcr",
    "document/orientation": "models.document.orientation:PageOrientation",
    "document/other-scripts": "models.document.tesseract:Tesseract",
    "document/recapture": "models.document.recapture:DocumentRecaptureDetector",
    "document/retouching": "models.document.retouching:RetouchingDetector",
    "face/detector": "models.face.detector:YuNetDetector",
    "face/embedder": "models.face.embedder:SFace",
    "face/landmarks": "models.face.landmarks:FaceMesh",
    "face/liveness": "models.face.liveness:FrLiveness",
    "face/occlusion": "models.face.occlusion:OcclusionDetector",
    "face/recapture": "models.face.recapture:RecaptureDetector",
    "voice/activity": "models.voice.activity:VoiceActivity",
    "voice/spoof": "models.voice.spoof:SpoofDetector",
    "voice/transcription": "models.voice.transcription:Transcriber",
}


def create(name: str, threads: int = 1) -> Predictor:
    """A predictor that is not loaded yet; its module is imported only now. Raises KeyError for an unknown name."""
    if name in checkpoints():
        from models.hub.detector import CheckpointDetector

        return CheckpointDetector(name, threads=threads)
    if name not in PREDICTORS:
        known = sorted([*PREDICTORS, *checkpoints()])
        raise KeyError(f"no predictor named {name!r}; there are {', '.join(known)}")
    module, cls = PREDICTORS[name].split(":")
    predictor: type[Predictor] = getattr(import_module(module), cls)
    return predictor(threads=threads)
