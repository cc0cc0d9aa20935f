import contextlib
import io
from fractions import Fraction

import av
import numpy as np
import pytest

from pipelines.errors import MediaError
from pipelines.media.frames import Decoded, DecodeRequest, Limits
from pipelines.media.video import decode_video

from .samples import corners, number_of, shows_corners, video


def decode(data: bytes, **request: object) -> Decoded:
    return decode_video(data, DecodeRequest(**request), Limits())


def code(data: bytes, limits: Limits | None = None) -> str:
    with pytest.raises(MediaError) as caught:
        decode_video(data, DecodeRequest(), limits or Limits())
    return caught.value.code


def numbers(decoded: Decoded) -> list[int]:
    return [number_of(frame.pixels) for frame in decoded.frames]


CONTAINERS = [
    ("mp4", "libx264", "video/mp4"),
    ("mp4", "libx265", "video/mp4"),
    ("mov", "libx264", "video/quicktime"),
    ("3gp", "mpeg4", "video/3gpp"),
    ("matroska", "libx264", "video/x-matroska"),
    ("webm", "libvpx-vp9", "video/webm"),
    ("avi", "mpeg4", "video/x-msvideo"),
    ("flv", "flv", "video/x-flv"),
    ("mpeg", "mpeg1video", "video/mpeg"),
    ("vob", "mpeg2video", "video/mpeg"),
    ("ogg", "libvpx", "video/ogg"),
    ("asf", "wmv2", "video/x-ms-wmv"),
]


@pytest.mark.parametrize(("kind", "codec", "mime"), CONTAINERS)
def test_every_container_yields_the_frames_its_times_name(kind: str, codec: str, mime: str) -> None:
    decoded = decode(video(60, kind=kind, codec=codec), frames=6)
    assert (decoded.kind, decoded.mime, decoded.width, decoded.height) == ("video", mime, 160, 64)
    assert decoded.duration == pytest.approx(2.0, abs=0.05)
    assert decoded.fps == pytest.approx(30, abs=0.1)
    assert numbers(decoded) == [frame.index for frame in decoded.frames]
    assert [frame.timestamp for frame in decoded.frames] == pytest.approx([n / 30 for n in numbers(decoded)], abs=0.002)
    assert len(decoded.frames) == 6
    assert all(frame.pixels.shape == (64, 160, 3) for frame in decoded.frames)


@pytest.mark.parametrize("gop", [1, 12, 300])
def test_frames_are_spread_one_to_each_equal_part(gop: int) -> None:
    found = numbers(decode(video(80, gop=gop), frames=8))
    assert [number // 10 for number in found] == list(range(8))


def test_without_keyframes_at_hand_the_middle_of_each_part_is_taken() -> None:
    assert numbers(decode(video(60, gop=300), frames=10)) == list(range(3, 60, 6))


def test_a_frame_close_before_the_middle_stands_for_a_long_part() -> None:
    found = numbers(decode(video(240, gop=300), frames=3))
    assert all(0 <= middle - number <= 4 for middle, number in zip((40, 120, 200), found, strict=True))


@pytest.mark.parametrize("frames", [1, 2, 3])
def test_a_video_of_few_frames_yields_each_once(frames: int) -> None:
    assert numbers(decode(video(frames), frames=8)) == list(range(frames))


def test_all_frames_come_back_where_as_many_are_asked_for() -> None:
    assert numbers(decode(video(20, gop=300), frames=20)) == list(range(20))


def test_a_variable_rate_is_sampled_by_time_not_by_count() -> None:
    times = [n / 50 for n in range(50)] + [1.0 + n for n in range(4)]
    decoded = decode(video(54, times=times, kind="matroska", gop=300), frames=4)
    assert [round(frame.timestamp, 2) for frame in decoded.frames] == pytest.approx([0.48, 1.0, 2.0, 3.0], abs=0.6)
    assert numbers(decoded) == [min(range(54), key=lambda n: abs(times[n] - f.timestamp)) for f in decoded.frames]


def test_a_recording_without_a_duration_is_measured() -> None:
    data = video(60, kind="webm", codec="libvpx", muxer={"live": "1"})
    with av.open(io.BytesIO(data)) as container:
        assert container.duration is None
    decoded = decode(data, frames=4)
    assert decoded.duration == pytest.approx(2.0, abs=0.05)
    assert len(decoded.frames) == 4


@pytest.mark.parametrize("rotation", [0, 90, 180, -90])
def test_declared_rotation_is_applied(rotation: int) -> None:
    stored = np.ascontiguousarray(np.rot90(corners(160, 96), -rotation // 90))
    height, width = stored.shape[:2]
    decoded = decode(video(3, size=(width, height), picture=stored, rotation=rotation), frames=1)
    assert (decoded.width, decoded.height) == (160, 96)
    assert shows_corners(decoded.frames[0].pixels)


def test_declared_rotation_is_left_alone_on_request() -> None:
    data = video(3, size=(160, 96), picture=corners(160, 96), rotation=90)
    decoded = decode(data, frames=1, exif_rotation=False)
    assert (decoded.width, decoded.height) == (160, 96)
    assert shows_corners(decoded.frames[0].pixels)


def test_frames_are_reduced_to_the_side_asked_for_and_the_scale_says_so() -> None:
    data = video(3, size=(640, 360), picture=corners(640, 360), rotation=90)
    decoded = decode(data, frames=1, max_side=160)
    assert decoded.frames[0].pixels.shape == (160, 90, 3)
    assert (decoded.width, decoded.height, decoded.scale) == (360, 640, 4.0)


def test_a_small_video_is_not_enlarged() -> None:
    decoded = decode(video(3), max_side=4000)
    assert (decoded.frames[0].pixels.shape, decoded.scale) == ((64, 160, 3), 1.0)


def test_anamorphic_video_is_shown_as_wide_as_it_is_displayed() -> None:
    data = video(3, size=(160, 96), picture=corners(160, 96), aspect=Fraction(2))
    decoded = decode(data, frames=1)
    assert (decoded.width, decoded.height) == (320, 96)
    assert decoded.frames[0].pixels.shape == (96, 320, 3)


def test_frames_are_contiguous_and_read_only() -> None:
    pixels = decode(video(3, rotation=90)).frames[0].pixels
    assert pixels.dtype == np.uint8
    assert pixels.flags.c_contiguous
    assert not pixels.flags.writeable


@pytest.mark.parametrize("sound", [False, True])
def test_a_sound_track_is_noticed(sound: bool) -> None:
    assert decode(video(10, sound=sound)).has_audio is sound


def test_a_file_of_sound_alone_has_no_video_stream() -> None:
    target = io.BytesIO()
    with av.open(target, "w", format="mp4") as container:
        stream = container.add_stream("aac", rate=44100, layout="mono")
        silence = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), "fltp", "mono")
        silence.sample_rate = 44100
        container.mux(stream.encode(silence))
        container.mux(stream.encode())
    assert code(target.getvalue()) == "no_video_stream"


def test_a_video_longer_than_the_limit_is_refused() -> None:
    assert code(video(60), Limits(duration_s=1.9)) == "video_too_long"


def test_a_video_as_long_as_the_limit_is_taken() -> None:
    assert decode_video(video(60), DecodeRequest(frames=1), Limits(duration_s=2.0)).duration == 2.0


@pytest.mark.parametrize("size", [(160, 96), (96, 160)])
def test_the_smaller_side_is_what_the_resolution_limit_means(size: tuple[int, int]) -> None:
    data = video(2, size=size, picture=corners(*size))
    assert decode_video(data, DecodeRequest(), Limits(video_side=96)).frames
    assert code(data, Limits(video_side=95)) == "video_resolution"


def test_a_video_cut_short_yields_what_is_there() -> None:
    data = video(90, muxer={"movflags": "frag_keyframe+empty_moov"})
    decoded = decode(data[: len(data) * 2 // 3], frames=4)
    assert 0.5 < (decoded.duration or 0) < 2.7
    assert len(decoded.frames) >= 3
    assert numbers(decoded) == [frame.index for frame in decoded.frames]


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_a_recording_cut_before_its_index_is_corrupt(share: float) -> None:
    data = video(30)
    assert code(data[: int(len(data) * share)]) == "corrupt_media"


@pytest.mark.parametrize("kind", ["mp4", "matroska", "avi"])
def test_damage_inside_costs_frames_but_no_crash(kind: str) -> None:
    data = bytearray(video(60, kind=kind, codec="mpeg4"))
    noise = np.random.default_rng(3).integers(0, 256, len(data) // 4, dtype=np.uint8).tobytes()
    data[len(data) // 3 : len(data) // 3 + len(noise)] = noise
    with contextlib.suppress(MediaError):
        assert len(decode(bytes(data), frames=60).frames) < 60


@pytest.mark.parametrize("data", [b"", b"\0\0\0\x18ftypmp42", b"\x1a\x45\xdf\xa3\x42\x82\x84webm", b"FLV\x01"])
def test_a_header_alone_is_no_video(data: bytes) -> None:
    assert code(data) in ("corrupt_media", "unsupported_media", "no_video_stream")


def test_a_playlist_is_not_opened(tmp_path) -> None:
    (tmp_path / "secret.mp4").write_bytes(video(3))
    assert code(f"ffconcat version 1.0\nfile {tmp_path}/secret.mp4\n".encode()) == "unsupported_media"
