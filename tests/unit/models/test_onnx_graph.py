import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

from models.onnx_graph import keep_outputs, redeclare_inputs, spell_out_prelu


def field(number: int, content: bytes) -> bytes:
    return bytes([number << 3 | 2, len(content)]) + content


def tensor(name: bytes, *sizes: int) -> bytes:
    """ValueInfoProto of a float32 tensor."""
    shape = b"".join(field(1, bytes([8, size])) for size in sizes)
    return field(1, name) + field(2, field(1, b"\x08\x01" + field(2, shape)))


NODE = field(1, field(1, b"x") + field(2, b"y") + field(4, b"Relu"))
HEAD = b"\x08\x07"  # ModelProto.ir_version
GRAPH = NODE + field(11, tensor(b"x", 1, 3)) + field(11, tensor(b"weight", 5)) + field(12, tensor(b"y", 1, 3))
MODEL = HEAD + field(7, GRAPH)


def test_the_inputs_are_replaced_and_the_nodes_kept_byte_for_byte() -> None:
    rewritten = redeclare_inputs(MODEL, {"x": ("batch", 3)})
    assert rewritten.startswith(HEAD)
    assert NODE in rewritten
    assert b"weight" not in rewritten
    assert b"batch" in rewritten


def test_output_shapes_are_left_open() -> None:
    assert tensor(b"y", 1, 3) not in redeclare_inputs(MODEL, {"x": ("batch", 3)})
    assert field(12, field(1, b"y") + field(2, field(1, b"\x08\x01"))) in redeclare_inputs(MODEL, {"x": ("batch", 3)})


@pytest.mark.parametrize("cut", [1, 5, len(MODEL) - 1])
def test_cut_bytes_are_refused(cut: int) -> None:
    with pytest.raises(ValueError, match="not a protobuf message"):
        redeclare_inputs(MODEL[:cut], {"x": (1,)})


def test_bytes_of_another_kind_are_refused() -> None:
    with pytest.raises(ValueError, match="not a protobuf message"):
        redeclare_inputs(b"\x0f" * 20, {"x": (1,)})


def test_only_the_named_outputs_stay() -> None:
    graph = GRAPH + field(12, tensor(b"attention", 9))
    kept = keep_outputs(HEAD + field(7, graph), ["y"])
    assert kept == MODEL
    with pytest.raises(ValueError, match="no output z"):
        keep_outputs(MODEL, ["y", "z"])


def test_prelu_is_spelt_out_and_gives_the_same_numbers() -> None:
    slopes = numpy_helper.from_array(np.array([-0.8, 0.0, 0.25, 1.7], np.float32).reshape(4, 1, 1), "slopes")
    nodes = [
        helper.make_node("PRelu", ["x", "slopes"], ["y"], name="first"),
        helper.make_node("PRelu", ["y", "slopes"], ["z"]),
    ]
    x, z = (helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", 4, 3, 3]) for name in "xz")
    graph = helper.make_graph(nodes, "two", [x], [z], [slopes])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 11)], ir_version=8)
    spelt = spell_out_prelu(model.SerializeToString())
    kinds = [node.op_type for node in onnx.load_model_from_string(spelt).graph.node]
    assert kinds == ["Relu", "Sub", "Mul", "Add"] * 2
    batch = np.random.default_rng(1).normal(size=(2, 4, 3, 3)).astype(np.float32)
    before, after = (
        onnxruntime.InferenceSession(which, providers=["CPUExecutionProvider"]).run(None, {"x": batch})[0]
        for which in (model.SerializeToString(), spelt)
    )
    assert np.array_equal(before, after)


def test_a_model_without_prelu_stays_byte_for_byte() -> None:
    assert spell_out_prelu(MODEL) == MODEL
