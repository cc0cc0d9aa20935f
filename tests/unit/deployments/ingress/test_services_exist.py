"""Every service that a facade can ask for is one that pipelines have, and judge by a policy."""

import re
from pathlib import Path

import pytest

import deployments.ingress as ingress
from deployments.ingress.senseid import forms as senseid
from deployments.ingress.sensity.services import SERVICES as SENSITY
from deployments.ingress.shareid import routes as shareid
from deployments.ingress.trustmatic import routes as trustmatic
from pipelines.policy import deciding
from pipelines.services import SERVICES

NATIVE = Path(next(iter(ingress.__path__))) / "native"
ASKED = {
    *(name for name, service in SENSITY.items() if service.form.files),
    *(endpoint.service for endpoint in vars(senseid).values() if isinstance(endpoint, senseid.Endpoint)),
    *(name for file in NATIVE.glob("*.py") for name in re.findall(r'"tasks:write", "(\w+)"', file.read_text())),
    trustmatic.SERVICE,
    shareid.SERVICE,
}


@pytest.mark.parametrize("service", sorted(ASKED))
def test_what_a_facade_asks_for_exists(service: str) -> None:
    assert service in SERVICES
    assert isinstance(deciding(service), frozenset)


def test_the_document_services_are_among_them() -> None:
    assert {"id_document_authentication", "data_extraction", "forensic_analysis", "document_liveness"} <= ASKED
