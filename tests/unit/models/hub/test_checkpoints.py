"""Checkpoints as an operator would bring them: tiny, with random weights, saved and loaded by the real libraries."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from models.cards import all_cards
from models.hub.checkpoint import CHECKPOINTS_VARIABLE, CheckpointError, checkpoints, of_task
from models.hub.fetch import sync_checkpoints
from models.registry import create
from models.weights import sha256_of

RNG = np.random.default_rng(5)
PICTURES = [RNG.integers(0, 256, size, np.uint8) for size in ((40, 50, 3), (32, 32, 3), (64, 31, 3))]
SOUNDS = [RNG.integers(-9000, 9000, length).astype(np.int16) for length in (3200, 2000, 1600)]

Configure = Callable[[str], None]


@pytest.fixture
def configure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Configure:
    def write(text: str) -> None:
        file = tmp_path / f"checkpoints{len(list(tmp_path.glob('*.toml')))}.toml"
        file.write_text(text)
        monkeypatch.setenv(CHECKPOINTS_VARIABLE, str(file))

    return write


@pytest.fixture(scope="module")
def vit(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from transformers import ViTConfig, ViTForImageClassification
    from transformers.models.vit.image_processing_pil_vit import ViTImageProcessorPil

    directory = tmp_path_factory.mktemp("vit")
    small = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16}
    names = {"id2label": {0: "real", 1: "fake"}, "label2id": {"real": 0, "fake": 1}}
    ViTForImageClassification(ViTConfig(**small, **names, image_size=32, patch_size=8)).save_pretrained(directory)
    ViTImageProcessorPil(size={"height": 32, "width": 32}).save_pretrained(directory)
    return directory


@pytest.fixture(scope="module")
def wav2vec(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from transformers import Wav2Vec2Config, Wav2Vec2FeatureExtractor, Wav2Vec2ForSequenceClassification

    directory = tmp_path_factory.mktemp("wav2vec")
    small = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16}
    ears = {"conv_dim": (16, 16), "conv_stride": (5, 2), "conv_kernel": (10, 3), "num_feat_extract_layers": 2}
    places = {"num_conv_pos_embeddings": 4, "num_conv_pos_embedding_groups": 2, "classifier_proj_size": 8}
    Wav2Vec2ForSequenceClassification(Wav2Vec2Config(**small, **ears, **places)).save_pretrained(directory)
    Wav2Vec2FeatureExtractor(return_attention_mask=True).save_pretrained(directory)
    return directory


def entry(name: str, directory: Path, labels: str, *more: str, task: str = "ai_generated_image") -> str:
    lines = [f"[{name}]", f'task = "{task}"', f'path = "{directory}"', f"labels = {labels}", 'licence = "MIT"', *more]
    return "\n".join(lines) + "\n"


def test_a_picture_checkpoint_scores_a_batch_as_it_scores_each_picture(configure: Configure, vit: Path) -> None:
    configure(entry("mine", vit, '{real = "genuine", fake = "fake"}', "batch = 2"))
    detector = create("hub/mine")
    detector.load()
    scores = detector.predict(PICTURES)
    assert scores == pytest.approx([detector.predict([picture])[0] for picture in PICTURES], abs=1e-5)
    assert len({round(score, 6) for score in scores}) == 3
    assert all(0 < score < 1 for score in scores)


def test_swapped_labels_turn_the_score_round(configure: Configure, vit: Path) -> None:
    configure(entry("mine", vit, '{0 = "genuine", 1 = "fake"}') + entry("other", vit, '{0 = "fake", 1 = "genuine"}'))
    first, second = create("hub/mine"), create("hub/other")
    first.load()
    second.load()
    (score,), (turned,) = first.predict(PICTURES[:1]), second.predict(PICTURES[:1])
    assert score == pytest.approx(1 - turned)


def test_calibration_moves_the_score(configure: Configure, vit: Path) -> None:
    labels = '{0 = "genuine", 1 = "fake"}'
    configure(entry("mine", vit, labels) + entry("strict", vit, labels, "calibration = {scale = 2.0, offset = 3.0}"))
    scores = []
    for name in ("hub/mine", "hub/strict"):
        detector = create(name)
        detector.load()
        scores.append(detector.predict(PICTURES[:1])[0])
    logit = np.log(1 / scores[0] - 1)
    assert scores[1] == pytest.approx(1 / (1 + np.exp(2 * logit + 3)), abs=1e-6)


def test_a_voice_checkpoint_scores_sounds_of_different_lengths(configure: Configure, wav2vec: Path) -> None:
    configure(entry("voice", wav2vec, '{LABEL_0 = "genuine", LABEL_1 = "fake"}', task="voice"))
    assert of_task("voice") == ("hub/voice",)
    detector = create("hub/voice")
    detector.load()
    scores = detector.predict(SOUNDS)
    assert len(scores) == 3
    assert all(0 < score < 1 for score in scores)


def test_an_onnx_file_with_one_output_tells_fake_by_its_logit(configure: Configure, tmp_path: Path) -> None:
    import torch

    class Mean(torch.nn.Module):
        def forward(self, pictures: torch.Tensor) -> torch.Tensor:
            return 4 * pictures.mean((1, 2, 3), keepdim=False)[:, None]

    axes = {"pictures": {0: "batch"}}
    torch.onnx.export(
        Mean(), (torch.zeros(1, 3, 24, 24),), tmp_path / "model.onnx", input_names=["pictures"], dynamic_axes=axes,
        dynamo=False,
    )  # fmt: skip
    form = "onnx = {size = 24, mean = [0.5, 0.5, 0.5], std = [0.5, 0.5, 0.5]}"
    configure(entry("mean", tmp_path, '{0 = "fake"}', 'loader = "onnx"', form))
    detector = create("hub/mean")
    detector.load()
    white, grey, black = detector.predict([np.full((30, 30, 3), level, np.uint8) for level in (255, 128, 0)])
    assert (white, black) == (pytest.approx(1 / (1 + np.exp(4))), pytest.approx(1 / (1 + np.exp(-4))))
    assert grey == pytest.approx(0.5, abs=0.02)


def halves(directory: Path, device: str, half: bool) -> Callable[[list[np.ndarray]], np.ndarray]:
    """An operator's adapter: fake where the upper half is brighter."""
    assert directory.is_dir()
    assert (device, half) == ("cpu", False)

    def run(batch: list[np.ndarray]) -> np.ndarray:
        return np.array([[0.0, float(p[: len(p) // 2].mean() > p[len(p) // 2 :].mean())] for p in batch])

    return run


def test_an_adapter_brings_its_own_code(configure: Configure, tmp_path: Path) -> None:
    more = ('loader = "adapter"', f'adapter = "{__name__}:halves"')
    configure(entry("own", tmp_path, '{0 = "genuine", 1 = "fake"}', *more, task="face_manipulation"))
    detector = create("hub/own")
    detector.load()
    bright_above = np.concatenate([np.full((9, 9, 3), 200, np.uint8), np.zeros((9, 9, 3), np.uint8)])
    assert detector.predict([bright_above, bright_above[::-1]]) == [
        pytest.approx(1 / (1 + np.e)),
        pytest.approx(0.5),
    ]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('[a]\ntask = "voice"\nlabels = {0 = "fake"}\nlicence = "MIT"\n', "either a path, or an id"),
        ('[a]\ntask = "voice"\nid = "a/b"\nlabels = {0 = "fake"}\nlicence = "MIT"\n', "needs a revision"),
        ('[a]\ntask = "voice"\npath = "/x"\nlabels = {0 = "genuine"}\nlicence = "MIT"\n', "no label means fake"),
        ('[a]\ntask = "voice"\npath = "/x"\nlabels = {0 = "fake"}\n', "licence"),
        ("[a\n", "Expected"),
    ],
)
def test_a_wrong_entry_says_what_to_change(configure: Configure, text: str, says: str) -> None:
    configure(text)
    with pytest.raises(CheckpointError, match=says):
        checkpoints()


def test_weights_with_another_digest_are_not_loaded(configure: Configure, vit: Path) -> None:
    labels = '{0 = "genuine", 1 = "fake"}'
    digest = sha256_of(vit / "model.safetensors")
    right, wrong = (f'sha256 = {{"model.safetensors" = "{value}"}}' for value in (digest, "0" * 64))
    configure(entry("right", vit, labels, right) + entry("wrong", vit, labels, wrong))
    create("hub/right").load()
    with pytest.raises(CheckpointError, match="sha256"):
        create("hub/wrong").load()


def test_pickled_weights_are_refused(configure: Configure, vit: Path, tmp_path: Path) -> None:
    import torch

    for file in vit.glob("*.json"):
        (tmp_path / file.name).write_bytes(file.read_bytes())
    torch.save({}, tmp_path / "pytorch_model.bin")
    configure(entry("pickle", tmp_path, '{0 = "genuine", 1 = "fake"}'))
    with pytest.raises(CheckpointError, match="cannot be loaded"):
        create("hub/pickle").load()


def test_a_checkpoint_that_was_not_fetched_names_the_command(
    configure: Configure, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VERISCOPE_HOME", str(tmp_path))
    text = '[far]\ntask = "voice"\nid = "some/model"\nlabels = {0 = "fake"}\nlicence = "MIT"\n'
    configure(f'{text}revision = "{"ab" * 20}"\n')
    with pytest.raises(CheckpointError, match="veriscope weights sync"):
        create("hub/far").load()


@pytest.mark.gpu
def test_half_precision_agrees_with_full_on_cuda(
    configure: Configure, vit: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    if not torch.cuda.is_available():
        pytest.skip("needs a CUDA device")
    configure(entry("mine", vit, '{0 = "genuine", 1 = "fake"}'))
    detector = create("hub/mine")
    detector.load()
    on_cpu = detector.predict(PICTURES)
    monkeypatch.setenv("VERISCOPE_DEVICE", "cuda")
    detector.load()
    assert detector.predict(PICTURES) == pytest.approx(on_cpu, abs=0.01)


def test_a_checkpoint_has_a_card_that_says_nothing_was_measured(configure: Configure, vit: Path) -> None:
    configure(entry("carded", vit, '{0 = "genuine", 1 = "fake"}'))
    (found,) = [card for card in all_cards() if card.name == "hub/carded"]
    assert (found.task, found.licence, found.measured) == ("ai_generated_image", "MIT", ())


def test_sync_verifies_directories_and_says_where_to_put_what_cannot_be_fetched(
    configure: Configure, vit: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VERISCOPE_HOME", str(tmp_path))
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", "http://127.0.0.1:9")
    local = entry("near", vit, '{0 = "genuine", 1 = "fake"}')
    configure(local)
    assert list(sync_checkpoints()) == [("hub/near", "present")]
    text = '[far]\ntask = "voice"\nid = "some/model"\nlabels = {0 = "fake"}\nlicence = "MIT"\n'
    configure(f'{text}revision = "{"ab" * 20}"\n')
    with pytest.raises(CheckpointError, match="copy its files to"):
        list(sync_checkpoints())
