"""Documents through every compatible API, by clients that were written from the vendors' documents."""

import base64
import importlib.util
import io
import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import numpy as np
import pytest
from PIL import Image

from deployments.ingress.shareid.names import same
from models.training.specimens import UNSEEN, Specimen, fonts, specimen
from models.training.specimens.capture import capture
from models.training.specimens.conditions import Conditions
from models.training.specimens.surroundings import UNSEEN_GROUNDS
from tests.fileserver import handing_out
from tests.pictures import jpeg, nobody
from tests.running import ACCOUNT, SHAREID_KEY, Cluster, until_finished

pytestmark = [
    pytest.mark.cluster,
    pytest.mark.weights,
    pytest.mark.skipif(bool(fonts.missing()), reason=f"apt-get install {' '.join(fonts.missing())}"),
]
EXAMPLES = Path(__file__).resolve().parents[2] / "docs" / "examples"
SEED = 20_261_125
PATIENCE_S = 240
"""A busy machine is slow; how fast is not what is tested here."""


@cache
def example(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"{name}_example", EXAMPLES / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@cache
def card() -> Specimen:
    """A two-sided card with a machine-readable zone, of a layout that nothing was trained on."""
    layout = next(one for one in UNSEEN if one.kind in ("id_card", "residence_permit") and one.form)
    return specimen(np.random.default_rng(SEED), layout)


@cache
def photo(side: str) -> bytes:
    """A clean photograph of that side."""
    rng = np.random.default_rng([SEED, len(side)])
    return jpeg(capture(rng, card().sides()[side].image, Conditions.clean(rng), grounds=UNSEEN_GROUNDS).image)


def text(content: bytes) -> str:
    return base64.b64encode(content).decode()


@pytest.fixture(scope="module")
def trustmatic(cluster: Cluster) -> Any:
    client = example("trustmatic").Trustmatic(cluster.url, *ACCOUNT)
    client._http.timeout = PATIENCE_S
    return client


@pytest.fixture(scope="module")
def shareid(cluster: Cluster) -> Any:
    client = example("shareid").ShareId(cluster.url, *SHAREID_KEY)
    client._http.timeout = PATIENCE_S
    return client


@pytest.fixture
def photos(tmp_path: Path) -> list[Path]:
    files = [tmp_path / f"{side}.jpg" for side in card().sides()]
    for file in files:
        file.write_bytes(photo(file.stem))
    return files


def test_a_document_before_the_camera_has_a_score_and_nothing_has_none(trustmatic: Any) -> None:
    answer = trustmatic.document_liveness(text(photo("front")), session="one")
    assert (answer["sessionId"], answer["hasError"]) == ("one", False), answer
    assert 0 <= answer["score"] <= 1
    empty = trustmatic.document_liveness(text(nobody()))
    assert empty == {"sessionId": empty["sessionId"], "hasError": True, "error": "DOCUMENT_NOT_FOUND"} | (
        {"warnings": ["IMAGE_RESOLUTION_LOW"]} if "warnings" in empty else {}
    )


def test_a_picture_behind_a_url_is_judged_like_the_same_one_sent(trustmatic: Any) -> None:
    with handing_out({"/front.jpg": photo("front")}) as url:
        behind = trustmatic.document_liveness(f"{url}/front.jpg")
        gone = trustmatic.document_liveness(f"{url}/gone.jpg")
    sent = trustmatic.document_liveness(text(photo("front")))
    assert behind["score"] == pytest.approx(sent["score"], abs=1e-6)
    assert (gone["hasError"], gone["error"]) == (True, "INVALID_IMAGE")


def test_the_native_engine_answers_from_the_same_detectors(cluster: Cluster, trustmatic: Any) -> None:
    pipelines = [{"pipeline_name": f"default-{name}"} for name in ("sr", "pc")]
    body = {"image": text(photo("front")), "pipelines": pipelines}
    reply = httpx.post(f"{cluster.url}/check_liveness", json=body, auth=ACCOUNT, timeout=PATIENCE_S, trust_env=False)
    found = reply.json()
    assert {one["status"] for one in found["results"]} == {"OK"}
    wrapped = trustmatic.document_liveness(text(photo("front")))["score"]
    assert (found["aggregate"]["probability"] > 0.5) is (wrapped > 0.25)


def test_a_document_is_read_whatever_the_order_of_its_photos(shareid: Any, photos: list[Path]) -> None:
    flow, swapped = shareid.authenticity(photos), shareid.authenticity(photos[::-1])
    truth = card().truth
    assert flow["doc_type"] in ("id_card", "residency_permit")
    assert same(flow["ocr"]["last_name"], truth["surname"])
    assert flow["ocr"]["document_number"] == truth["document_number"]
    assert flow["ocr"]["mrz"] == list(card().mrz)
    assert flow["verdict"] is (flow["reason"] == "")
    for name in ("doc_type", "doc_model", "ocr", "reason", "verdict"):
        assert swapped[name] == flow[name], name


def test_another_name_is_a_mismatch(shareid: Any, photos: list[Path]) -> None:
    flow = shareid.authenticity(photos, last_name="Zzyzx", tags=["order_4711"])
    assert flow["verdict"] is False
    assert "last_name_mismatch" in flow["reasons"]


def test_a_photo_of_anything_else_is_a_missing_document(shareid: Any, tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(nobody())
    flow = shareid.authenticity([tmp_path / "a.jpg"])
    assert (flow["verdict"], flow["reason"], flow["ocr"], flow["security"]) == (False, "missing_doc", {}, {})


def test_a_pdf_of_both_sides_will_do(shareid: Any, tmp_path: Path) -> None:
    pages = [Image.open(io.BytesIO(photo(side))).convert("RGB") for side in ("front", "back")]
    pages[0].save(tmp_path / "scan.pdf", save_all=True, append_images=pages[1:], resolution=300)
    flow = shareid.authenticity([tmp_path / "scan.pdf"])
    assert flow["ocr"].get("document_number") == card().truth["document_number"]


def test_sensity_reads_the_same_and_shows_the_portrait(cluster: Cluster) -> None:
    with cluster.client() as client:
        files = {side: (f"{side}.jpg", photo(side)) for side in ("front", "back")}
        created = client.post("/tasks/id_document_authentication", files=files, data={"skip_forgery": "true"})
        body = until_finished(client, f"/tasks/id_document_authentication/{created.json()['report_id']}", PATIENCE_S)
    assert body["status"] == "completed", body
    result = body["result"]
    fields = {field["name"]: field["value"] for field in result["fields"]}
    assert fields["document_number"] == card().truth["document_number"]
    assert Image.open(io.BytesIO(base64.b64decode(result["images"]["portrait"]))).format == "JPEG"
    statuses = {check["name"]: check["status"] for check in result["checks"]}
    assert statuses["document_liveness_screen"] == "not_performed"
    assert statuses["portrait_substitution"] == "not_performed"


def test_oz_shows_text_fields(cluster: Cluster) -> None:
    with httpx.Client(base_url=cluster.url, timeout=PATIENCE_S, trust_env=False) as client:
        credentials = {"credentials": {"email": ACCOUNT[0], "password": ACCOUNT[1]}}
        token = client.post("/api/authorize/auth/", json=credentials).json()["access_token"]
        payload = {
            "media:tags": {side: ["photo_id", f"photo_id_{side}"] for side in ("front", "back")},
            "analyses": [{"type": "documents"}],
        }
        files = {side: (f"{side}.jpg", photo(side)) for side in ("front", "back")}
        headers = {"X-Forensic-Access-Token": token}
        reply = client.post("/api/folders/", headers=headers, files=files, data={"payload": json.dumps(payload)})
    (analysis,) = reply.json()["analyses"]
    fields = {field["field_name"]: field for field in analysis["results_data"]["text_fields"]}
    assert fields["document_number"]["mrz"] == card().truth["document_number"]
    assert analysis["resolution_status"] in ("SUCCESS", "DECLINED", "OPERATOR_REQUIRED")


def test_the_examples_run_as_they_stand(cluster: Cluster, photos: list[Path]) -> None:
    def run(name: str, *arguments: str) -> dict[str, Any]:
        secrets = dict(zip(("API_KEY", "BUSINESS_HASH"), SHAREID_KEY, strict=True))
        done = subprocess.run(
            [sys.executable, str(EXAMPLES / name), cluster.url, *arguments],
            capture_output=True, text=True, check=True, timeout=PATIENCE_S, env=os.environ | secrets,
        )  # fmt: skip
        found: dict[str, Any] = json.loads(done.stdout)
        return found

    files = [str(file) for file in photos]
    assert run("trustmatic.py", *ACCOUNT, *files)["verdict"]
    assert run("shareid.py", *files, "country_code=fr")["flow_id"]
