"""Profiles with Serve's proxies in front of the gateways, as on GPU machines and clusters."""

from collections.abc import Iterator
from pathlib import Path

import matplotlib
import psutil
import pytest
import yaml

from tests.running import Cluster, until_finished

pytestmark = [pytest.mark.cluster, pytest.mark.weights]

ROOT = Path(__file__).resolve().parents[2]
HOPPER = Path(matplotlib.__file__).parent / "mpl-data/sample_data/grace_hopper.jpg"


@pytest.fixture(scope="module")
def proxied(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """The GPU profile on a machine without one: the same deployments, smaller and on the CPU."""
    folder = tmp_path_factory.mktemp("proxied")
    config = yaml.safe_load((ROOT / "cluster/profiles/gpu.yaml").read_text())
    for options in config["applications"][0]["args"]["deployments"].values():
        options |= {"num_replicas": 1, "ray_actor_options": {"num_cpus": 0.1}}
    (folder / "profile.yaml").write_text(yaml.safe_dump(config))
    running = Cluster(
        folder / "home",
        environment={"RAY_SERVE_ENABLE_HA_PROXY": "1"},
        arguments=("--profile", str(folder / "profile.yaml")),
    )
    running.start()
    yield running
    left = [process for process in running.stop() if process.is_running()]
    assert not left


def test_a_task_is_answered_through_haproxy(proxied: Cluster) -> None:
    with proxied.client() as client, HOPPER.open("rb") as photo:
        created = client.post("/tasks/liveness_detection", files={"file": photo}).json()
        answer = until_finished(client, f"/tasks/liveness_detection/{created['report_id']}")
    assert answer["status"] == "completed"
    assert answer["no_faces"] is False
    titles = [process.name() for process in proxied.tree() if process.status() != psutil.STATUS_ZOMBIE]
    assert "haproxy" in titles
