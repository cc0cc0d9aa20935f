"""Files made to harm: each fails its own task with a reason, and nothing else notices."""

import struct
import zlib
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.pictures import astronaut
from tests.running import Cluster, until_finished

pytestmark = [pytest.mark.cluster, pytest.mark.weights]


def png(width: int, height: int) -> bytes:
    """A PNG whose header promises that size, with hardly any data."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = zlib.compress(bytes(1 << 20))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


POISON = {
    "bomb": (png(100_000, 100_000), "image_too_large"),
    "cut short": (astronaut()[:2000], None),
    "empty promise": (png(3000, 3000), None),
    "video that is none": (b"\x00\x00\x00\x18ftypisom" + bytes(4000), None),
}


def test_poison_fails_its_own_task_and_harms_no_other(cluster: Cluster) -> None:
    before = {process.pid for name in ("media", "vision", "dispatcher") for process in cluster.replicas(name)}
    files = [data for data, _ in POISON.values()] + [astronaut()] * 5
    with cluster.client() as client, ThreadPoolExecutor(len(files)) as pool:

        def judged(data: bytes) -> dict[str, object]:
            reply = client.post("/tasks/liveness_detection", files={"file": ("f", data)})
            assert reply.status_code == 200, reply.text
            return until_finished(client, f"/tasks/liveness_detection/{reply.json()['report_id']}")

        *poisoned, first, second, third, fourth, fifth = pool.map(judged, files)
        reports = [client.get(f"/v1/reports/{answer['id']}").json() for answer in poisoned]
    for answer in (first, second, third, fourth, fifth):
        assert answer["result"]["live"] == "Live"  # type: ignore[index]
    for (name, (_, code)), answer, report in zip(POISON.items(), poisoned, reports, strict=True):
        if answer["status"] == "completed":
            assert answer["result"].get("live") != "Live", name  # type: ignore[attr-defined]
        else:
            assert report["error"]["code"] not in ("worker_lost", "internal"), name
            assert report["attempts"] == 1, name
            assert code in (None, report["error"]["code"]), name
    after = {process.pid for name in ("media", "vision", "dispatcher") for process in cluster.replicas(name)}
    assert after == before, "a replica was lost to a file"
