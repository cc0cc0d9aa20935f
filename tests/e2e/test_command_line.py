"""Starting, stopping and examining an installation."""

import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from models import weights
from tests.pictures import astronaut
from tests.running import Cluster, free_port, until_finished, weights_cache

pytestmark = [pytest.mark.cluster, pytest.mark.weights]

UP_LOOPBACK = """
import fcntl, os, socket, struct, sys
request = struct.pack("16sh", b"lo", 0x1 | 0x40)  # IFF_UP | IFF_RUNNING
fcntl.ioctl(socket.socket(socket.AF_INET, socket.SOCK_DGRAM), 0x8914, request)  # SIOCSIFFLAGS
os.execv(sys.executable, [sys.executable, *sys.argv[1:]])
"""


def veriscope(home: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Runs the command with that HOME."""
    return subprocess.run(
        [sys.executable, "-m", "cluster.cli", *arguments],
        env=os.environ | {"VERISCOPE_HOME": str(home), **environment}, capture_output=True, text=True, timeout=180,
    )  # fmt: skip


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A HOME that holds the weights and nothing else."""
    (tmp_path / "weights").symlink_to(weights_cache())
    return tmp_path


def test_a_detached_cluster_starts_answers_and_stops_without_a_trace(home: Path) -> None:
    settings = {"VERISCOPE_HTTP_PORT": str(free_port())}
    started = veriscope(home, "up", "--detach", **settings)
    assert started.returncode == 0, started.stderr
    assert "password" in started.stdout, "the generated password was not shown"
    assert f"ready http://127.0.0.1:{settings['VERISCOPE_HTTP_PORT']}" in started.stdout
    try:
        status = veriscope(home, "status", **settings)
        again = veriscope(home, "up", **settings)
    finally:
        stopped = veriscope(home, "down", **settings)
    assert status.stdout.startswith("ready ")
    assert again.returncode == 1
    assert "already running" in again.stderr
    assert (stopped.returncode, stopped.stdout) == (0, "stopped\n")
    assert veriscope(home, "down", **settings).stdout == "nothing was running\n"
    assert oct((home / "token_secret").stat().st_mode & 0o777) == "0o600"


def test_a_missing_weight_file_stops_the_start_with_its_name_and_the_command_that_mends_it(tmp_path: Path) -> None:
    (tmp_path / "weights").mkdir()
    refused = veriscope(tmp_path, "up", VERISCOPE_HTTP_PORT=str(free_port()))
    assert refused.returncode == 1
    assert "yunet" in refused.stderr
    assert "veriscope weights sync" in refused.stderr


def test_a_damaged_weight_file_stops_the_start(tmp_path: Path) -> None:
    shutil.copytree(weights_cache(), tmp_path / "weights")
    file = tmp_path / "weights" / weights.entry("sface").cached_name
    with file.open("r+b") as handle:
        handle.seek(1000)
        handle.write(b"damage")
    refused = veriscope(tmp_path, "up", VERISCOPE_HTTP_PORT=str(free_port()))
    assert refused.returncode == 1
    assert "sha256" in refused.stderr
    assert file.name in refused.stderr


def test_a_taken_port_stops_the_start_and_says_what_to_do(home: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        refused = veriscope(home, "up", VERISCOPE_HTTP_PORT=str(taken.getsockname()[1]))
    assert refused.returncode == 1
    assert "VERISCOPE_HTTP_PORT" in refused.stderr


def test_a_wrong_setting_is_named(home: Path) -> None:
    refused = veriscope(home, "status", VERISCOPE_HTTP_PORT="eighty")
    assert refused.returncode == 1
    assert "VERISCOPE_HTTP_PORT" in refused.stderr


def test_the_doctor_finds_a_healthy_installation_well_and_names_what_is_missing(home: Path, tmp_path: Path) -> None:
    well = veriscope(home, "doctor", VERISCOPE_HTTP_PORT=str(free_port()))
    assert well.returncode == 0, well.stdout
    assert "mend" not in well.stdout
    (home / "weights").unlink()
    ill = veriscope(home, "doctor", VERISCOPE_HTTP_PORT=str(free_port()))
    assert ill.returncode == 1
    assert "veriscope weights sync" in ill.stdout


def test_a_cluster_without_any_network_answers(home: Path) -> None:
    """Nothing is fetched after the start: the cluster runs in a network namespace that holds the loopback alone."""
    if subprocess.run(["unshare", "-rn", "true"], capture_output=True).returncode:
        pytest.skip("this machine lets us make no network namespace (unshare -rn)")
    script = home / "inside.py"
    script.write_text(INSIDE)
    (home / "face.jpg").write_bytes(astronaut())
    command = ["unshare", "-rn", sys.executable, "-c", UP_LOOPBACK, str(script), str(home)]
    done = subprocess.run(
        command, env=os.environ | {"PYTHONPATH": os.getcwd()}, capture_output=True, text=True, timeout=240
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.strip().splitlines()[-1] == "Live"


INSIDE = """
import sys
from pathlib import Path
from tests.running import Cluster, until_finished
home = Path(sys.argv[1])
cluster = Cluster(home)
cluster.start()
try:
    with cluster.client() as client:
        reply = client.post("/tasks/liveness_detection", files={"file": ("a.jpg", (home / "face.jpg").read_bytes())})
        print(until_finished(client, "/tasks/liveness_detection/" + reply.json()["report_id"])["result"]["live"])
finally:
    assert not cluster.stop()
"""


def test_media_at_rest_is_sealed_when_there_is_a_master_key(home: Path) -> None:
    cluster = Cluster(home, {"VERISCOPE_MASTER_KEY": "00112233445566778899aabbccddeeff" * 2})
    cluster.start()
    try:
        with cluster.client() as client:
            reply = client.post("/tasks/liveness_detection", files={"file": ("a.jpg", astronaut())})
            answer = until_finished(client, f"/tasks/liveness_detection/{reply.json()['report_id']}")
    finally:
        left = cluster.stop()
    assert answer["result"]["live"] == "Live"
    assert not left
    stored = [file.read_bytes() for file in (home / "blobs").rglob("*") if file.is_file()]
    assert stored, "nothing was stored"
    assert not any(astronaut()[100:200] in data or data.startswith(b"\xff\xd8") for data in stored)


def test_a_second_account_sees_nothing_of_the_first(cluster: Cluster) -> None:
    added = veriscope(cluster.home, "account", "add", "other", "--password", "another secret")
    assert added.returncode == 0, added.stderr
    with cluster.client() as client:
        reply = client.post("/tasks/liveness_detection", files={"file": ("a.jpg", astronaut())})
    token = httpx.post(f"{cluster.url}/auth/tokens", auth=("other", "another secret"), timeout=30).json()["token"]
    path = f"{cluster.url}/tasks/liveness_detection/{reply.json()['report_id']}"
    assert httpx.get(path, headers={"Authorization": token}, timeout=30).status_code == 404
