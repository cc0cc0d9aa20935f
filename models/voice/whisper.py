"""The two networks of Whisper small, quantised to 8 bits: one that listens, one that speaks token by token."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from models.onnx import open_session
from models.onnx_graph import keep_outputs

LAYERS, HEADS, WIDTH = 12, 12, 64
_Values = Mapping[str, npt.NDArray[np.float32]]
_FEATURES = "last_hidden_state"
_OWN = tuple(f"{layer}.decoder.{part}" for layer in range(LAYERS) for part in ("key", "value"))
_HEARD = tuple(f"{layer}.encoder.{part}" for layer in range(LAYERS) for part in ("key", "value"))


class Encoder:
    """Listens to a window."""

    def __init__(self, file: Path, threads: int) -> None:
        # Without its attention, 1.2 GB that the file would hand out. Always on the CPU: CUDA has no kernels for the
        # quantised layers.
        model = keep_outputs(file.read_bytes(), [_FEATURES])
        self._session = open_session(model, threads=threads, device="cpu")

    def __call__(self, levels: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """(80, 3000) log-mel levels to (1500, 768) features."""
        (features,) = self._session.run([_FEATURES], {"input_features": levels[None]})
        found: npt.NDArray[np.float32] = features[0]
        return found


@dataclass(frozen=True, slots=True)
class Spoken:
    """The decoder after some tokens. It never changes, so that several continuations can begin at one.

    Attributes:
        scores: (51865,) logits of the token that comes next.
        own, heard: keys and values of the attention to what was said, and to what was heard.
    """

    scores: npt.NDArray[np.float32]
    own: _Values = field(repr=False)
    heard: _Values = field(repr=False)


class Decoder:
    """Speaks."""

    def __init__(self, file: Path, threads: int) -> None:
        model = keep_outputs(file.read_bytes(), ["logits", *(f"present.{name}" for name in (*_OWN, *_HEARD))])
        # With an arena a token takes a third of the time: each run moves 110 MB of what was heard.
        self._session = open_session(model, threads=threads, device="cpu", arena=True)

    def begin(self, features: npt.NDArray[np.float32], tokens: Sequence[int]) -> Spoken:
        """Says the first tokens over what an encoder heard."""
        nothing = np.zeros((1, HEADS, 0, WIDTH), np.float32)
        past = dict.fromkeys((*_OWN, *_HEARD), nothing)
        outputs = self._run(tokens, features[None], past, (*_OWN, *_HEARD), cached=False)
        return Spoken(outputs["logits"], {n: outputs[n] for n in _OWN}, {n: outputs[n] for n in _HEARD})

    def say(self, spoken: Spoken, token: int) -> Spoken:
        """Says one more."""
        unused = np.zeros((1, 0, HEADS * WIDTH), np.float32)
        outputs = self._run([token], unused, {**spoken.own, **spoken.heard}, _OWN, cached=True)
        return Spoken(outputs["logits"], {n: outputs[n] for n in _OWN}, spoken.heard)

    def _run(
        self,
        tokens: Sequence[int],
        features: npt.NDArray[np.float32],
        past: _Values,
        wanted: Sequence[str],
        *,
        cached: bool,
    ) -> dict[str, npt.NDArray[np.float32]]:
        inputs = {f"past_key_values.{name}": values for name, values in past.items()}
        outputs = self._session.run(
            ["logits", *(f"present.{name}" for name in wanted)],
            {
                "input_ids": np.array([tokens], np.int64),
                "encoder_hidden_states": features,
                "use_cache_branch": np.array([cached]),
                **inputs,
            },
        )
        return {"logits": outputs[0][0, -1], **dict(zip(wanted, outputs[1:], strict=True))}
