"""What a folder's `payload` and a list of analyses ask for, checked and turned into media and tasks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from deployments.ingress.bodies import json_object
from deployments.ingress.errors import ApiError
from deployments.settings import Settings
from deployments.tasks.case import Medium
from deployments.tasks.task import MediaRef, TaskSpec

Json = dict[str, Any]
TYPES = {
    "quality": "QUALITY",
    "biometry": "BIOMETRY",
    "documents": "DOCUMENTS",
    "blacklist": "COLLECTION",
    "collection": "COLLECTION",
}
BLACKLIST = "blacklist"
MAX_ANALYSES = 20
_MAX_TAGS, _MAX_TAG = 50, 100


@dataclass(frozen=True, slots=True)
class Analysis:
    """One analysis that is asked for. `sources` names media by id (or by form key), None: all of the folder."""

    type: str
    sources: tuple[str, ...] | None
    params: Json


@dataclass(frozen=True, slots=True)
class Payload:
    """A folder's payload: what to keep with it and its media, whom to tell, and what to judge at once."""

    meta: Json
    media_meta: Mapping[str, Json]
    tags: Mapping[str, tuple[str, ...]]
    hook: str | None
    analyses: tuple[Analysis, ...]


def parse(text: str | None) -> Json:
    """The JSON object of a `payload` field; absent is empty. Raises ApiError `malformed_body`."""
    return json_object(text, "payload") if text else {}


def read(value: Json) -> Payload:
    """Raises ApiError: `malformed_body` for wrong shapes, else as `analyses_of`."""
    tags = {}
    for key, words in _object(value, "media:tags").items():
        if not isinstance(words, list) or not all(isinstance(word, str) and len(word) <= _MAX_TAG for word in words):
            raise ApiError("malformed_body", "media:tags must hold lists of short texts")
        tags[key] = tuple(words[:_MAX_TAGS])
    media_meta = _object(value, "media:meta_data")
    if not all(isinstance(meta, dict) for meta in media_meta.values()):
        raise ApiError("malformed_body", "media:meta_data must hold objects")
    analyses = analyses_of(value) if value.get("analyses") else ()
    return Payload(_object(value, "folder:meta_data"), media_meta, tags, hook_of(value), analyses)


def hook_of(value: Json) -> str | None:
    """The webhook URL, if one is named."""
    url = value.get("resolution_endpoint") or value.get("webhook_url")
    if url is not None and not isinstance(url, str):
        raise ApiError("invalid_type", "resolution_endpoint must be a text")
    return url or None


def analyses_of(value: Json) -> tuple[Analysis, ...]:
    """The analyses asked for. Raises ApiError: `malformed_body`, `invalid_parameter`, `invalid_type`."""
    asked = value.get("analyses")
    if not isinstance(asked, list) or not asked or not all(isinstance(one, dict) for one in asked):
        raise ApiError("malformed_body", "analyses must be a list of objects")
    if len(asked) > MAX_ANALYSES:
        raise ApiError("invalid_parameter", f"at most {MAX_ANALYSES} analyses can be asked for at once")
    return tuple(_analysis(one) for one in asked)


def spec(
    asked: Analysis, media: Sequence[Medium], case_id: str, tenant: str, settings: Settings, collection: Json | None
) -> TaskSpec:
    """The task of an analysis of a folder with these media.

    Raises: ApiError: `invalid_parameter` for media of elsewhere, `no_suitable_media`.
    """
    chosen = _sides(asked, media) if asked.type == "DOCUMENTS" else _chosen(asked, media)
    roles = ("front", "back") if asked.type == "DOCUMENTS" else tuple(one.id for one in chosen)
    options: Json = {"analysis": {"type": asked.type, "params": asked.params}}
    if asked.type == "DOCUMENTS":
        service, options["skip_forgery"] = "id_document_authentication", False
        options["analysis"]["sides"] = {role: one.id for role, one in zip(roles, chosen, strict=False)}
    elif asked.type == "QUALITY":
        service = "liveness_set"
        options |= {"threshold": settings.oz_quality_threshold}
        options["best_frame"] = asked.params.get("extract_best_shot") is True
    elif asked.type == "BIOMETRY":
        service, options["threshold"] = "same_person", settings.oz_biometry_threshold
    else:
        assert collection is not None
        service = "watchlist"
        options["analysis"]["collection"] = collection
        options |= {"gallery_id": collection["alias"], **_decision(asked.params, settings)}
    refs = tuple(
        MediaRef(role=role, blob=one.blob, sha256=one.sha256, size=one.size, mime=one.mime, kind=one.kind)
        for role, one in zip(roles, chosen, strict=False)
    )
    return TaskSpec(tenant=tenant, facade="oz", service=service, media=refs, options=options, case=case_id)


def _chosen(asked: Analysis, media: Sequence[Medium]) -> list[Medium]:
    named = _named(asked, media)
    chosen = [one for one in media if asked.type != "QUALITY" or not _document(one)] if named is None else named
    if asked.type != "QUALITY":
        chosen = [one for one in chosen if "photo_id_back" not in one.tags]
    if len(chosen) < (2 if asked.type == "BIOMETRY" else 1):
        raise ApiError("no_suitable_media", "no suitable media")
    return chosen


def _sides(asked: Analysis, media: Sequence[Medium]) -> list[Medium]:
    """The photos of one document, the front first: what is tagged so comes before what is not, the back last."""
    named = _named(asked, media)
    photos = [one for one in (media if named is None else named) if one.kind == "image"]
    if named is None:
        photos = [one for one in photos if _document(one)]
    photos.sort(key=lambda one: ("photo_id_back" in one.tags) - ("photo_id_front" in one.tags))
    if not photos:
        raise ApiError("no_suitable_media", "no suitable media")
    if len(photos) > 2 or sum("photo_id_front" in one.tags for one in photos) > 1:
        raise ApiError("invalid_parameter", "DOCUMENTS judges one document: name its front and back in source_media")
    return photos


def _named(asked: Analysis, media: Sequence[Medium]) -> list[Medium] | None:
    """The media in `source_media`, None where there is none. Raises ApiError for media of elsewhere."""
    if asked.sources is None:
        return None
    known = {medium.id: medium for medium in media}
    if not set(asked.sources) <= known.keys():
        raise ApiError("invalid_parameter", "source_media holds media that this folder does not have")
    return [known[media_id] for media_id in dict.fromkeys(asked.sources)]


def _document(medium: Medium) -> bool:
    """Photos of documents show a print of a face: no attack, but nothing to judge either."""
    return any(tag.startswith("photo_id") for tag in medium.tags)


def _decision(params: Json, settings: Settings) -> Json:
    threshold = params.get("decision_threshold", settings.oz_collection_threshold)
    count = params.get("decision_count", 10)
    if isinstance(threshold, bool) or not isinstance(threshold, int | float) or not 0 < threshold <= 1:
        raise ApiError("invalid_parameter", "decision_threshold must be a number above 0 and up to 1")
    if isinstance(count, bool) or not isinstance(count, int) or not 1 <= count <= 100:
        raise ApiError("invalid_parameter", "decision_count must be a number from 1 to 100")
    return {"threshold": threshold, "candidates": count}


def _analysis(value: Json) -> Analysis:
    kind = value.get("type")
    if not isinstance(kind, str):
        raise ApiError("invalid_type", "the type of an analysis must be a text")
    if kind.lower() not in TYPES:
        raise ApiError("invalid_parameter", f"the type of an analysis is one of {', '.join(TYPES)}")
    sources = value.get("source_media")
    if sources is not None and (not isinstance(sources, list) or not all(isinstance(one, str) for one in sources)):
        raise ApiError("invalid_type", "source_media must be a list of texts")
    params = value.get("params") or {}
    if not isinstance(params, dict):
        raise ApiError("invalid_type", "params must be an object")
    return Analysis(TYPES[kind.lower()], tuple(sources) if sources is not None else None, params)


def _object(value: Json, name: str) -> Json:
    found = value.get(name) or {}
    if not isinstance(found, dict):
        raise ApiError("malformed_body", f"{name} must be an object")
    return found
