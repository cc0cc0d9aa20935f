"""The stage `voice`: where in a sound track somebody speaks, and what speaks for a machine there."""

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from models.cards import card
from models.hub.checkpoint import of_task
from models.voice.activity import RATE, Span
from pipelines.deepfake.fusion import log_odds_of
from pipelines.deepfake.voice_packed import Packed, pack
from pipelines.deepfake.voice_timeline import draw_timeline
from pipelines.deepfake.voice_windows import Window, cut_windows, in_groups, samples_of
from pipelines.errors import MediaError
from pipelines.media.frames import Decoded
from pipelines.report import Artifact
from pipelines.workers import Models

ACTIVITY, SPOOF = "voice/activity", "voice/spoof"
MODELS = (ACTIVITY, SPOOF)
_GROUP = 16
_MESSAGES = {"corrupt_media": "the sound is damaged or incomplete", "no_audio_stream": "no audio stream"}


@dataclass(frozen=True, slots=True, kw_only=True)
class VoiceFindings:
    """What was found in one sound track.

    Attributes:
        kind: `audio` or `video`.
        duration: seconds.
        spans: where somebody speaks.
        windows: stretches of speech with what the detector says of them.
        facts: what the forensic reader found in the file: `details`, `flags`, `signals`.
        speech: all that is spoken, where it was asked for.
        artifacts: the timeline, where it was asked for.
    """

    kind: str
    duration: float
    spans: tuple[Span, ...]
    windows: tuple[Window, ...]
    facts: Mapping[str, Any]
    speech: Packed | None = field(default=None, repr=False)
    artifacts: tuple[Artifact, ...] = ()
    ms: float = 0.0


async def listen(decoded: Decoded, models: Models, options: Mapping[str, Any]) -> VoiceFindings:
    """The stage. Options: `speech`: return what is spoken too. `explain`: draw the timeline.

    Raises:
        MediaError: the sound track cannot be decoded, is too long, or there is none.
    """
    began = time.perf_counter()
    if decoded.sound is None:
        fault = decoded.fault or "no_audio_stream"
        raise MediaError(fault, _MESSAGES.get(fault, fault.replace("_", " ")))
    samples = decoded.sound.samples
    (spans,) = await models.predict(ACTIVITY, [samples])
    windows = await _judged(spans, samples, models)
    picture = [draw_timeline(samples, spans, windows)] if options.get("explain") and spans else []
    return VoiceFindings(
        kind=decoded.kind,
        duration=round(len(samples) / RATE, 3),
        spans=tuple(spans),
        windows=tuple(windows),
        facts=decoded.facts["forensics"],
        speech=pack(spans, samples) if options.get("speech") else None,
        artifacts=tuple(picture),
        ms=(time.perf_counter() - began) * 1000,
    )


async def _judged(spans: Sequence[Span], samples: npt.NDArray[np.int16], models: Models) -> list[Window]:
    length = float(card(SPOOF).parameters["window_s"])
    windows = cut_windows(spans, len(samples) / RATE, length)
    judged: list[Window] = []
    for group in in_groups(windows, _GROUP):
        found: Iterable[float] = await models.predict(SPOOF, [samples_of(w, samples, length) for w in group])
        sounds = [samples[int(w.start * RATE) : int(w.end * RATE)] for w in group]
        told = {name: await models.predict(name, sounds) for name in of_task("voice")}
        judged += [
            replace(
                window,
                fake_log_odds=float(odds),
                checkpoints={name: log_odds_of(genuine[n]) for name, genuine in told.items()},
            )
            for n, (window, odds) in enumerate(zip(group, found, strict=True))
        ]
    return judged
