"""Rewrites ONNX files: what they declare, so that a model exported for one shape accepts a batch, and slow operators.

Published face models fix the batch at 1, though their layers do not need it, and some list every weight as an input,
which keeps the runtime from folding them. Weights stay byte for byte. Works on the protobuf wire format (ONNX IR
specification: ModelProto.graph = 7; GraphProto.node = 1, .input = 11, .output = 12, .value_info = 13; NodeProto.input
= 1, .output = 2, .op_type = 4), so it needs no further package.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence

Shape = Sequence[int | str]

_VARINT, _BYTES = 0, 2
_FIXED = {1: 8, 5: 4}
_MODEL_GRAPH = 7
_GRAPH_NODE, _GRAPH_INPUT, _GRAPH_OUTPUT, _GRAPH_VALUE_INFO = 1, 11, 12, 13
_NODE_INPUT, _NODE_OUTPUT, _NODE_TYPE = 1, 2, 4
_FLOAT = 1


def redeclare_inputs(model: bytes, inputs: Mapping[str, Shape]) -> bytes:
    """Returns the model with exactly these float32 inputs; a string as a dimension leaves that one free.

    Output shapes are left for the runtime to infer. Raises ValueError when the bytes are not a protobuf message.
    """
    rewritten = bytearray()
    for number, wire, value, raw in _fields(memoryview(model)):
        if number == _MODEL_GRAPH and wire == _BYTES:
            rewritten += _field(_MODEL_GRAPH, _redeclare_graph(value, inputs))
        else:
            rewritten += raw
    return bytes(rewritten)


def keep_outputs(model: bytes, names: Collection[str]) -> bytes:
    """Returns the model with only those of its outputs that are named, so that a run neither computes nor keeps others.

    Raises ValueError when it lacks one of them, or when the bytes are not a protobuf message.
    """
    rewritten, missing = bytearray(), set(names)
    for number, wire, value, raw in _fields(memoryview(model)):
        if number != _MODEL_GRAPH or wire != _BYTES:
            rewritten += raw
            continue
        graph = bytearray()
        for tag, _, part, whole in _fields(value):
            name = _name(part).decode() if tag == _GRAPH_OUTPUT else None
            if name is None or name in names:
                graph += whole
                missing.discard(name or "")
        rewritten += _field(_MODEL_GRAPH, bytes(graph))
    if missing:
        raise ValueError(f"the model has no output {', '.join(sorted(missing))}")
    return bytes(rewritten)


def spell_out_prelu(model: bytes) -> bytes:
    """Returns the model with each PRelu(x, slope) written as r + slope * (x - r), r = Relu(x): the same numbers.

    onnxruntime 1.31 has no quick kernel of PRelu for the CPU: half of the time of a MobileFaceNet goes there, and a
    third of that is left where it is spelt out. Raises ValueError when the bytes are not a protobuf message.
    """
    rewritten = bytearray()
    for number, wire, value, raw in _fields(memoryview(model)):
        if number != _MODEL_GRAPH or wire != _BYTES:
            rewritten += raw
            continue
        parts = (_spelt_out(part) if tag == _GRAPH_NODE else whole for tag, _, part, whole in _fields(value))
        rewritten += _field(_MODEL_GRAPH, b"".join(parts))
    return bytes(rewritten)


def _spelt_out(node: memoryview) -> bytes:
    """The graph's fields for one node: itself, or what replaces it."""
    fields = [(tag, bytes(part)) for tag, _, part, _ in _fields(node)]
    if (_NODE_TYPE, b"PRelu") not in fields:
        return _field(_GRAPH_NODE, bytes(node))
    x, slope = (part for tag, part in fields if tag == _NODE_INPUT)
    (y,) = (part for tag, part in fields if tag == _NODE_OUTPUT)
    above, below, scaled = (y + suffix for suffix in (b"/above", b"/below", b"/scaled"))
    steps = (
        (b"Relu", [x], above),
        (b"Sub", [x, above], below),
        (b"Mul", [below, slope], scaled),
        (b"Add", [above, scaled], y),
    )
    return b"".join(_field(_GRAPH_NODE, _node(*step)) for step in steps)


def _node(operator: bytes, inputs: Sequence[bytes], output: bytes) -> bytes:
    given = b"".join(_field(_NODE_INPUT, name) for name in inputs)
    return given + _field(_NODE_OUTPUT, output) + _field(_NODE_TYPE, operator)


def _redeclare_graph(graph: memoryview, inputs: Mapping[str, Shape]) -> bytes:
    rewritten = bytearray()
    for number, _, value, raw in _fields(graph):
        if number in (_GRAPH_INPUT, _GRAPH_VALUE_INFO):
            continue
        if number == _GRAPH_OUTPUT:
            rewritten += _field(_GRAPH_OUTPUT, _value_info(_name(value), None))
        else:
            rewritten += raw
    for name_text, shape in inputs.items():
        rewritten += _field(_GRAPH_INPUT, _value_info(name_text.encode(), shape))
    return bytes(rewritten)


def _name(declaration: memoryview) -> bytes:
    return next(bytes(field) for tag, _, field, _ in _fields(declaration) if tag == 1)


def _value_info(name: bytes, shape: Shape | None) -> bytes:
    """ValueInfoProto of a float32 tensor; None leaves the shape open."""
    tensor = _number(1, _FLOAT)
    if shape is not None:
        dimensions = (_number(1, size) if isinstance(size, int) else _field(2, size.encode()) for size in shape)
        tensor += _field(2, b"".join(_field(1, dimension) for dimension in dimensions))
    return _field(1, name) + _field(2, _field(1, tensor))


def _fields(message: memoryview) -> Iterator[tuple[int, int, memoryview, memoryview]]:
    """Yields (field number, wire type, value, whole field) of a protobuf message."""
    at = 0
    while at < len(message):
        start = at
        key, at = _read_varint(message, at)
        wire = key & 7
        if wire == _VARINT:
            begin = at
            _, at = _read_varint(message, at)
        elif wire == _BYTES:
            length, begin = _read_varint(message, at)
            at = begin + length
        elif wire in _FIXED:
            begin, at = at, at + _FIXED[wire]
        else:
            raise ValueError(f"not a protobuf message: wire type {wire}")
        if at > len(message):
            raise ValueError("not a protobuf message: cut short")
        yield key >> 3, wire, message[begin:at], message[start:at]


def _read_varint(message: memoryview, at: int) -> tuple[int, int]:
    value = shift = 0
    while at < len(message):
        byte = message[at]
        at += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, at
        shift += 7
    raise ValueError("not a protobuf message: cut short")


def _varint(value: int) -> bytes:
    encoded = bytearray()
    while value > 127:
        encoded.append(value & 127 | 128)
        value >>= 7
    encoded.append(value)
    return bytes(encoded)


def _field(number: int, content: bytes) -> bytes:
    return _varint(number << 3 | _BYTES) + _varint(len(content)) + content


def _number(number: int, value: int) -> bytes:
    return _varint(number << 3 | _VARINT) + _varint(value)
