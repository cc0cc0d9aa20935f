"""The profiles that ship: valid for Ray Serve, valid for Veriscope, and able to run what they promise."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from ray.serve import Application
from ray.serve.config import AutoscalingConfig
from ray.serve.schema import ServeDeploySchema

from deployments.app import build
from deployments.placement import PlacementError
from deployments.profile import Profile
from models.registry import PREDICTORS
from pipelines.stages import STAGES

ROOT = Path(__file__).resolve().parents[3]
PROFILES = {
    "laptop": ROOT / "serve_config.yaml",
    "gpu": ROOT / "cluster/profiles/gpu.yaml",
    "cluster": ROOT / "cluster/profiles/cluster.yaml",
}
RAYSERVICE = ROOT / "cluster/kuberay/rayservice.yaml"
SHARED_STATE = {
    "VERISCOPE_DATABASE_URL": "postgresql+psycopg://veriscope@database.example/veriscope",
    "VERISCOPE_BLOBS_URL": "s3://bucket/veriscope",
    "VERISCOPE_TOKEN_SECRET": "a secret that all nodes share",
}
every_profile = pytest.mark.parametrize("name", PROFILES)


def config(name: str) -> dict[str, Any]:
    return yaml.safe_load(PROFILES[name].read_text())


def args(name: str) -> dict[str, Any]:
    return config(name)["applications"][0]["args"]


@pytest.fixture
def shared_state(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable, value in SHARED_STATE.items():
        monkeypatch.setenv(variable, value)


def deployments_of(application: Application) -> dict[str, Any]:
    """Every deployment of an application by name, found by following what each is bound to."""
    found: dict[str, Any] = {}

    def follow(value: Any) -> None:
        if isinstance(value, Application):
            bound = value._bound_deployment
            found[bound.name] = bound
            follow(bound.init_args)
        elif isinstance(value, dict):
            follow(list(value.values()))
        elif isinstance(value, list | tuple):
            for part in value:
                follow(part)

    follow(application)
    return found


@every_profile
def test_a_profile_is_a_valid_serve_config(name: str) -> None:
    parsed = ServeDeploySchema.model_validate(config(name))
    assert [app.import_path for app in parsed.applications] == ["deployments.app:build"]


@every_profile
def test_a_profile_places_every_model_and_none_twice_in_one_host(name: str) -> None:
    profile = Profile.model_validate(args(name))
    placed = {model for host in profile.hosts.values() for model in host.models}
    assert placed == set(PREDICTORS)
    assert all(len(host.models) == len(set(host.models)) for host in profile.hosts.values())
    assert set(profile.batches) <= placed


@every_profile
def test_the_models_of_a_stage_share_a_host_so_that_pixels_do_not_travel(name: str) -> None:
    hosts = Profile.model_validate(args(name)).hosts.values()
    for stage in STAGES.values():
        assert any(set(stage.models) <= set(host.models) for host in hosts)


@every_profile
def test_a_profile_builds_an_application_with_its_options(name: str, shared_state: None) -> None:
    profile = Profile.model_validate(args(name))
    built = deployments_of(build(args(name)))
    assert set(built) == {"gateway", "dispatcher", "deliverer", "media", *profile.hosts}
    assert set(profile.deployments) <= set(built), "options for a deployment that does not exist"
    for deployment, options in profile.deployments.items():
        given = options.get("ray_actor_options", {})
        assert given.items() <= built[deployment].ray_actor_options.items()


@every_profile
def test_replicas_accept_more_calls_than_two_batches(name: str, shared_state: None) -> None:
    profile = Profile.model_validate(args(name))
    built = deployments_of(build(args(name)))
    for host_name, host in profile.hosts.items():
        largest = max(profile.batches[model].size if model in profile.batches else 8 for model in host.models)
        assert built[host_name].max_ongoing_requests >= 2 * largest


@pytest.mark.parametrize("name", ["gpu", "cluster"])
def test_model_hosts_share_gpus_by_fractions_and_run_on_cuda(name: str) -> None:
    profile = Profile.model_validate(args(name))
    for host in profile.hosts:
        actor = profile.deployments[host]["ray_actor_options"]
        assert 0.1 <= actor["num_gpus"] <= 0.3
        assert actor["runtime_env"]["env_vars"]["VERISCOPE_DEVICE"] == "cuda"


@pytest.mark.parametrize("name", ["gpu", "cluster"])
def test_batches_of_the_large_profiles_are_sixteen_to_thirty_two_calls(name: str) -> None:
    profile = Profile.model_validate(args(name))
    assert set(profile.batches) == set(PREDICTORS)
    short = {name: batch.size for name, batch in profile.batches.items() if name != "voice/transcription"}
    assert all(16 <= size <= 32 for size in short.values())
    assert profile.batches["voice/transcription"].size == 1, "a batch of it would take minutes"


def test_the_cluster_scales_what_carries_load_and_never_to_less_than_two() -> None:
    deployments = Profile.model_validate(args("cluster")).deployments
    for name in ("gateway", "media", "face"):
        scaling = AutoscalingConfig.model_validate(deployments[name]["autoscaling_config"])
        assert 2 <= scaling.min_replicas < scaling.max_replicas
    for name in ("dispatcher", "deliverer"):
        assert deployments[name]["num_replicas"] >= 2


def test_only_the_cluster_profile_spans_machines() -> None:
    assert {name: Profile.model_validate(args(name)).spans_nodes() for name in PROFILES} == {
        "laptop": False, "gpu": False, "cluster": True,
    }  # fmt: skip


@pytest.mark.parametrize("variable", SHARED_STATE)
def test_a_profile_over_several_machines_refuses_state_that_lives_on_one(
    variable: str, shared_state: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(variable)
    with pytest.raises(PlacementError, match=variable) as refused:
        build(args("cluster"))
    assert len([name for name in SHARED_STATE if name in str(refused.value)]) == 1


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("VERISCOPE_DATABASE_URL", "sqlite:////shared/veriscope.db"),
        ("VERISCOPE_BLOBS_URL", "/shared/blobs"),
        ("VERISCOPE_BLOBS_URL", "file:///shared/blobs"),
        ("VERISCOPE_BLOBS_URL", "memory:///"),
    ],
)
def test_sqlite_and_directories_are_refused_however_they_are_written(
    variable: str, value: str, shared_state: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(PlacementError, match=variable):
        build(args("cluster"))


def test_a_gateway_that_listens_itself_is_refused_over_several_machines(shared_state: None) -> None:
    with pytest.raises(PlacementError, match="http: proxy"):
        build(args("cluster") | {"http": "replica"})


def test_one_machine_may_keep_its_state_in_sqlite_and_a_directory(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in SHARED_STATE:
        monkeypatch.delenv(variable, raising=False)
    assert set(deployments_of(build(args("gpu")))) >= {"gateway", "face"}
