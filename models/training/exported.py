"""ONNX files as we ship them: without the stack traces that exporters write beside every node. Needs onnx."""

from pathlib import Path

import torch


def export(net: torch.nn.Module, path: Path, example: torch.Tensor, names: tuple[str, str]) -> None:
    """Writes a network of one input and one output, both batched along the first axis.

    Args:
        example: an input; its first axis is free in the file.
        names: of input and output.
    """
    net = net.eval().to(memory_format=torch.contiguous_format)  # type: ignore[call-overload]
    with torch.no_grad():
        torch.onnx.export(
            net,
            (example,),
            str(path),
            input_names=[names[0]],
            output_names=[names[1]],
            dynamic_shapes=({0: torch.export.Dim("batch")},),
            external_data=False,
            dynamo=True,
        )
    strip(path)


def strip(path: Path) -> None:
    """Takes everything out of a file that says where and by what it was made."""
    import onnx

    model = onnx.load(path)
    del model.metadata_props[:]
    model.doc_string = ""
    graphs = [model.graph]
    while graphs:
        graph = graphs.pop()
        graph.doc_string = ""
        del graph.metadata_props[:]
        for part in (*graph.node, *graph.input, *graph.output, *graph.value_info, *graph.initializer):
            part.doc_string = ""
            del part.metadata_props[:]
        graphs += [attribute.g for node in graph.node for attribute in node.attribute if attribute.HasField("g")]
    onnx.save(model, path)
