"""The RayService resource. KubeRay's schema is not in a package registry, so its shape is asserted field by field."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from ray import __version__ as ray_version

from deployments.profile import Profile

ROOT = Path(__file__).resolve().parents[3]

# The fields of ray.io/v1 (KubeRay API reference) that may stand at each level; a misspelt one is dropped silently.
SPEC = {
    "serveConfigV2", "rayClusterConfig", "excludeHeadPodFromServeSvc", "serveService", "upgradeStrategy",
    "rayClusterDeletionDelaySeconds", "suspend",
}  # fmt: skip
CLUSTER = {
    "rayVersion", "enableInTreeAutoscaling", "autoscalerOptions", "authOptions", "headGroupSpec", "workerGroupSpecs",
    "gcsFaultToleranceOptions", "headServiceAnnotations", "suspend", "managedBy",
}  # fmt: skip
AUTOSCALER = {
    "version", "upscalingMode", "idleTimeoutSeconds", "resources", "image", "imagePullPolicy", "securityContext",
    "env", "envFrom", "volumeMounts",
}  # fmt: skip
HEAD = {"rayStartParams", "template", "serviceType", "headService", "enableIngress", "resources", "labels"}
GROUP = {
    "groupName", "replicas", "minReplicas", "maxReplicas", "rayStartParams", "template", "idleTimeoutSeconds",
    "numOfHosts", "scaleStrategy", "suspend", "resources", "labels",
}  # fmt: skip
POD = {"containers", "initContainers", "tolerations", "nodeSelector", "affinity", "volumes", "serviceAccountName"}
CONTAINER = {
    "name", "image", "command", "args", "workingDir", "env", "envFrom", "ports", "resources", "volumeMounts",
}  # fmt: skip


@pytest.fixture
def resource() -> dict[str, Any]:
    return yaml.safe_load((ROOT / "cluster/kuberay/rayservice.yaml").read_text())


@pytest.fixture
def cluster(resource: dict[str, Any]) -> dict[str, Any]:
    return resource["spec"]["rayClusterConfig"]


def pods(cluster: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for group in (cluster["headGroupSpec"], *cluster["workerGroupSpecs"]):
        yield group["template"]["spec"]


def containers(cluster: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for pod in pods(cluster):
        yield from (*pod.get("initContainers", []), *pod["containers"])


def test_every_field_is_one_that_kuberay_knows(resource: dict[str, Any], cluster: dict[str, Any]) -> None:
    assert (resource["apiVersion"], resource["kind"]) == ("ray.io/v1", "RayService")
    assert set(resource) == {"apiVersion", "kind", "metadata", "spec"}
    assert set(resource["spec"]) <= SPEC
    assert set(cluster) <= CLUSTER
    assert set(cluster["autoscalerOptions"]) <= AUTOSCALER
    assert set(cluster["headGroupSpec"]) <= HEAD
    for group in cluster["workerGroupSpecs"]:
        assert set(group) <= GROUP
    for pod in pods(cluster):
        assert set(pod) <= POD
    for container in containers(cluster):
        assert set(container) <= CONTAINER


def test_it_deploys_the_cluster_profile_word_for_word(resource: dict[str, Any]) -> None:
    profile = yaml.safe_load((ROOT / "cluster/profiles/cluster.yaml").read_text())
    assert yaml.safe_load(resource["spec"]["serveConfigV2"]) == profile


def test_the_head_runs_nothing_and_serves_nothing(resource: dict[str, Any], cluster: dict[str, Any]) -> None:
    # KubeRay passes these on to `ray start`, which takes strings.
    assert cluster["headGroupSpec"]["rayStartParams"] == {"num-cpus": "0"}
    assert resource["spec"]["excludeHeadPodFromServeSvc"] is True


def test_the_cluster_scales_and_asks_for_a_token(cluster: dict[str, Any]) -> None:
    assert cluster["enableInTreeAutoscaling"] is True
    assert cluster["authOptions"] == {"mode": "token"}
    for group in cluster["workerGroupSpecs"]:
        assert 1 <= group["minReplicas"] <= group["replicas"] <= group["maxReplicas"]


def test_ray_in_the_cluster_is_the_ray_of_this_code(cluster: dict[str, Any]) -> None:
    assert cluster["rayVersion"] == ray_version


def test_every_pod_has_the_same_image_and_settings(cluster: dict[str, Any]) -> None:
    found = list(containers(cluster))
    assert len(found) == 4
    for container in found:
        assert container["image"] == found[0]["image"]
        assert container["env"] == found[0]["env"]
        assert container["envFrom"] == [
            {"secretRef": {"name": "veriscope-secrets"}},
            {"configMapRef": {"name": "veriscope-config"}},
        ]
        assert container["resources"]["requests"] == container["resources"]["limits"]


def test_haproxy_is_on_in_every_pod(cluster: dict[str, Any]) -> None:
    for container in containers(cluster):
        assert {"name": "RAY_SERVE_ENABLE_HA_PROXY", "value": "1"} in container["env"]


def test_no_secret_stands_in_the_file() -> None:
    text = (ROOT / "cluster/kuberay/rayservice.yaml").read_text()
    settings = [line for line in text.splitlines() if "VERISCOPE_" in line and not line.strip().startswith("#")]
    assert all("VERISCOPE_HOME" in line or "VERISCOPE_DEVICE" in line for line in settings)
    assert settings


def test_the_largest_cluster_holds_every_replica_the_profile_may_ask_for(cluster: dict[str, Any]) -> None:
    config = yaml.safe_load((ROOT / "cluster/profiles/cluster.yaml").read_text())
    profile = Profile.model_validate(config["applications"][0]["args"])
    groups = {group["groupName"]: group for group in cluster["workerGroupSpecs"]}
    wanted = {"cpu": 0.0, "gpu": 0.0}
    for options in profile.deployments.values():
        replicas = options.get("num_replicas") or options["autoscaling_config"]["max_replicas"]
        actor = options["ray_actor_options"]
        wanted["gpu" if actor.get("num_gpus") else "cpu"] += replicas * actor["num_cpus"]
    for name, cpus in wanted.items():
        requests = groups[name]["template"]["spec"]["containers"][0]["resources"]["requests"]
        assert cpus <= groups[name]["maxReplicas"] * int(requests["cpu"])


def test_the_smallest_cluster_holds_the_fewest_replicas(cluster: dict[str, Any]) -> None:
    config = yaml.safe_load((ROOT / "cluster/profiles/cluster.yaml").read_text())
    profile = Profile.model_validate(config["applications"][0]["args"])
    nodes = sum(group["minReplicas"] for group in cluster["workerGroupSpecs"])
    for options in profile.deployments.values():
        fewest = options.get("num_replicas") or options["autoscaling_config"]["min_replicas"]
        assert fewest <= nodes * options.get("max_replicas_per_node", fewest)
