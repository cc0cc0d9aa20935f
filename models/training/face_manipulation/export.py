"""Writes the trained network as ONNX, without notes of where and from what it was made. Needs onnx and onnxscript.

python -m models.training.face_manipulation.export --net DIR/net.pt --out models/trained/face_artifacts.onnx
"""

import argparse
from pathlib import Path

import torch

from models.deepfake.face_artifacts import SIZE
from models.training.exported import strip
from models.training.face_manipulation.network import Exported, FaceNet


def export(net: FaceNet, path: Path, size: int) -> None:
    """Writes the ONNX graph: `views` (N, S, S, 3) float32 RGB to `logit`, `activation` (N, S/32, S/32) and `kinds`."""
    batch = torch.export.Dim("batch")
    torch.onnx.export(
        Exported(net).eval(),
        (torch.zeros(2, size, size, 3),),
        str(path),
        input_names=["views"],
        output_names=["logit", "activation", "kinds"],
        dynamic_shapes=({0: batch},),
        external_data=False,
        dynamo=True,
    )


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--net", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    net = FaceNet()
    state = torch.load(args.net, map_location="cpu", weights_only=False)
    if "mean" in state:  # a checkpoint: the running mean of the weights, under its own prefix
        state = {name.removeprefix("module."): value for name, value in state["mean"].items() if name != "n_averaged"}
    net.load_state_dict(state)
    export(net, args.out, SIZE)
    strip(args.out)


if __name__ == "__main__":
    main()
