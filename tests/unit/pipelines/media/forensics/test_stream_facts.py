"""What the reader tells of videos and sound files that the tests make."""

import io
from typing import Any

import av
import numpy as np
import pytest

from pipelines.media.forensics import read
from pipelines.media.forensics.isobmff import boxes, cut_short, edits
from pipelines.media.forensics.splices import find_splices
from pipelines.media.frames import Limits
from pipelines.media.sniff import HEAD_BYTES, sniff

from ..samples import video

_RATE = 16_000


def facts(data: bytes) -> dict[str, Any]:
    found = sniff(data[:HEAD_BYTES])
    assert found is not None
    return dict(read(data, found, Limits()).values)


def room(seconds: float, level: float = 60.0, seed: int = 0, highest: int = 8000) -> np.ndarray:
    """Noise of a room with bursts that stand for speech, up to a frequency."""
    rng = np.random.default_rng(seed)
    count = int(seconds * _RATE)
    loud = np.repeat(rng.choice([1.0, 12.0], count // 1600 + 1), 1600)[:count]
    spectrum = np.fft.rfft(rng.normal(0, level, count) * np.convolve(loud, np.ones(800) / 800, "same"))
    spectrum[np.fft.rfftfreq(count, 1 / _RATE) > highest] = 0
    return np.clip(np.fft.irfft(spectrum, count), -32000, 32000).astype(np.int16)


def wav(samples: np.ndarray) -> bytes:
    target = io.BytesIO()
    with av.open(target, "w", format="wav", options={"fflags": "+bitexact"}) as container:
        stream = container.add_stream("pcm_s16le", rate=_RATE, layout="mono")
        frame = av.AudioFrame.from_ndarray(samples[None], "s16", "mono")
        frame.sample_rate = _RATE
        container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return target.getvalue()


def test_a_video_s_encoder_is_told_as_a_trace_of_re_encoding() -> None:
    found = facts(video(12))
    evidence = found["flags"]["reencoded_stream"]["value"]["evidence"]
    assert any(name.startswith("x264 - core") for name in evidence)
    details = found["details"]
    assert (details["codec"], details["container"], details["width"], details["fps"]) == ("h264", "mp4", 160, 30.0)


@pytest.mark.parametrize("kind", ["matroska", "avi", "mov"])
def test_every_container_can_be_read(kind: str) -> None:
    found = facts(video(12, kind=kind, sound=kind == "mov"))
    assert found["details"]["duration"] == pytest.approx(0.4, abs=0.1)
    assert "corrupted_file" not in found["flags"]


def test_a_video_cut_short_is_corrupted() -> None:
    data = video(30)
    assert "corrupted_file" in facts(data[: len(data) // 2])["flags"]


def test_bytes_behind_the_last_box_are_found() -> None:
    assert "trailing_data" in facts(video(6) + b"hidden message, long enough")["flags"]


def test_boxes_end_where_the_file_does_and_never_loop() -> None:
    assert boxes(b"\0\0\0\0moov") != []
    assert cut_short((100).to_bytes(4, "big") + b"mdat")
    assert boxes(bytes(64)) == []


def test_an_edit_list_is_read() -> None:
    data = video(12)
    found = [edits(data, box) for box in boxes(data) if box.name == b"elst"]
    assert found
    assert found[0][0][0] > 0


def test_a_recording_in_one_piece_has_no_splice() -> None:
    found = facts(wav(room(8)))
    assert "audio_splice" not in found["flags"]
    assert found["signals"]["sound_seconds"] == pytest.approx(8, abs=0.01)


def test_digital_silence_amid_noise_is_a_splice_at_its_time() -> None:
    samples = room(8)
    samples[4 * _RATE : 4 * _RATE + 800] = 0
    value = facts(wav(samples))["flags"]["audio_splice"]["value"]
    assert value[0]["kind"] == "digital_silence"
    assert value[0]["time"] == pytest.approx(4.0, abs=0.02)


def test_a_telephone_recording_that_was_put_in_changes_the_bandwidth() -> None:
    samples = np.concatenate([room(4), room(4, seed=1, highest=3400), room(4, seed=2)])
    times = [splice.time for splice in find_splices(samples, _RATE, lossless=False)]
    assert any(abs(time - 4) < 0.6 for time in times)
    assert any(abs(time - 8) < 0.6 for time in times)


def test_a_wave_that_breaks_off_is_a_splice() -> None:
    tone = (8000 * np.sin(np.arange(4 * _RATE) * 2 * np.pi * 150 / _RATE)).astype(np.int16)
    assert find_splices(tone, _RATE, lossless=True) == []
    cut = np.concatenate([tone[: 2 * _RATE], tone[2 * _RATE + 53 :]])
    (splice,) = find_splices(cut, _RATE, lossless=True)
    assert splice.kind == "waveform_break"
    assert splice.time == pytest.approx(2.0, abs=0.01)
