"""Signed provenance (C2PA), read offline: what a manifest claims, and whether it and all of its ingredients hold."""

import io
import json
from collections.abc import Iterator
from typing import Any

from pipelines.media.forensics.findings import Findings, clean
from pipelines.media.forensics.software import judge_software, judge_source_types
from pipelines.media.trust import trust_anchors

_MARKS = (b"c2pa", b"jumb")
_UNKNOWN_SIGNER = frozenset(("signingCredential.untrusted", "timeStamp.untrusted", "signingCredential.ocsp.unknown"))
"""Codes that say who signed is not known here, not that anything was changed."""
_MOST_CODES = 20


def read_provenance(found: Findings, data: bytes, mime: str) -> None:
    """Adds the detail `c2pa`, and flags `invalid_signature` and generators that the manifests name."""
    if not all(mark in data for mark in _MARKS):
        return
    try:
        text, state = _read(data, mime)
    except MemoryError:
        raise
    except Exception as error:  # the library raises its own kinds
        if type(error).__name__ in ("ManifestNotFound", "NotSupported") or "ManifestNotFound" in str(error):
            return
        _invalid(found, ["manifest.unreadable"], "The signed provenance cannot be read.")
        found.details["c2pa"] = {"state": "invalid"}
        return
    if text is None:
        return
    store = json.loads(text)
    codes = list(dict.fromkeys(_failures(store)))
    broken = [code for code in codes if code not in _UNKNOWN_SIGNER]
    inside = [code for code in dict.fromkeys(_ingredient_failures(store)) if code not in _UNKNOWN_SIGNER]
    found.details["c2pa"] = _summary(store, state, broken, inside)
    if broken or inside or state == "Invalid":
        said = "does not match the file" if broken else "holds, but an ingredient's does not"
        _invalid(found, [*broken, *(f"ingredient:{code}" for code in inside)] or [state], f"The signature {said}.")
    _judge_contents(found, store)


def _read(data: bytes, mime: str) -> tuple[str | None, str]:
    import c2pa

    anchors = trust_anchors()
    verify = {"verify_trust": True, "remote_manifest_fetch": False, "ocsp_fetch": False}
    settings: dict[str, Any] = {"verify": verify} | ({"trust": {"trust_anchors": anchors}} if anchors else {})
    context = c2pa.Context(c2pa.Settings.from_dict(settings))
    reader = c2pa.Reader.try_create(mime, io.BytesIO(data), context=context)
    if reader is None:
        return None, ""
    with reader:
        return reader.json(), str(reader.get_validation_state() or "")


def _failures(store: dict[str, Any]) -> Iterator[str]:
    """What does not hold in the manifests that this file carries."""
    for status in store.get("validation_status") or ():
        yield str(status.get("code"))
    results = store.get("validation_results") or {}
    for status in (results.get("activeManifest") or {}).get("failure") or ():
        yield str(status.get("code"))


def _ingredient_failures(store: dict[str, Any]) -> Iterator[str]:
    """What does not hold in an ingredient: found now, or noted by the signer when it was taken in.

    The library calls a manifest valid that was signed over a forged ingredient, if the signer noted the forgery.
    """
    for delta in (store.get("validation_results") or {}).get("ingredientDeltas") or ():
        for status in (delta.get("validationDeltas") or {}).get("failure") or ():
            yield str(status.get("code"))
    for manifest in (store.get("manifests") or {}).values():
        for ingredient in manifest.get("ingredients") or ():
            for status in ingredient.get("validation_status") or ():
                yield str(status.get("code"))
            results = ingredient.get("validation_results") or {}
            for status in (results.get("activeManifest") or {}).get("failure") or ():
                yield str(status.get("code"))


def _summary(store: dict[str, Any], state: str, broken: list[str], inside: list[str]) -> dict[str, Any]:
    active = (store.get("manifests") or {}).get(store.get("active_manifest") or "", {})
    signature = active.get("signature_info") or {}
    known = state == "Trusted"
    if broken or state == "Invalid":
        word = "invalid"
    elif inside:
        word = "valid signature over a broken ingredient"
    else:
        word = "valid signature, trusted signer" if known else "valid signature, unknown signer"
    named = [entry.get("name") for entry in active.get("claim_generator_info") or ()]
    generator = active.get("claim_generator") or next(iter(named), "")
    summary = {
        "state": word,
        "claimed_signer": clean(signature.get("issuer") or ""),
        "signed_at": clean(signature.get("time") or ""),
        "generator": clean(generator or ""),
        "manifests": len(store.get("manifests") or {}),
        "ingredients": sum(len(m.get("ingredients") or ()) for m in (store.get("manifests") or {}).values()),
        "failures": [clean(code) for code in (*broken, *inside)][:_MOST_CODES],
        "actions": _actions(active)[:_MOST_CODES],
    }
    return {name: value for name, value in summary.items() if value not in ("", [], None)}


def _actions(manifest: dict[str, Any]) -> list[str]:
    actions: list[str] = []
    for assertion in manifest.get("assertions") or ():
        if str(assertion.get("label", "")).startswith("c2pa.actions"):
            listed = (assertion.get("data") or {}).get("actions") or ()
            actions += [clean(action.get("action", "")) for action in listed]
    return list(dict.fromkeys(actions))


def _judge_contents(found: Findings, store: dict[str, Any]) -> None:
    """Generators and declared source types, in any manifest of the file: an edited AI picture stays one."""
    names = []
    for manifest in (store.get("manifests") or {}).values():
        info = manifest.get("claim_generator_info") or ()
        names += [manifest.get("claim_generator") or "", *(entry.get("name", "") for entry in info)]
        judge_source_types(found, json.dumps(manifest.get("assertions") or ()))
    judge_software(found, (name for name in map(str, names) if name))


def _invalid(found: Findings, codes: list[str], message: str) -> None:
    found.flag("invalid_signature", [clean(code) for code in codes][:_MOST_CODES], message)
