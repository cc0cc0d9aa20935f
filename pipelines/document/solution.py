"""The document solution: everything that can be said of one document, by whichever services apply to it."""

from collections.abc import Mapping

from pipelines.context import Context
from pipelines.document.data_extraction import extract_data
from pipelines.document.forensics import analyse_file
from pipelines.document.id_document.authenticate import authenticate
from pipelines.errors import MediaError
from pipelines.nodes import Node, answers, combined
from pipelines.policy import NOT_APPLICABLE
from pipelines.report import Report

SERVICE = "document"
NODES: Mapping[str, Node] = {"data_extraction": extract_data, "forensic_analysis": analyse_file}
"""Every document is read, and its file searched."""
IDENTITY = "id_document_authentication"


async def judge_document(context: Context, nodes: Mapping[str, Node] = NODES, identity: Node = authenticate) -> Report:
    """What `file` says, what was done to the file, and, where it is an identity document, whether it is authentic.

    Media: `file`, an image or PDF; `back`, the other side of an identity document. Options: of the three services.
    A service that cannot judge degrades the report, which then is not genuine and names it; where none can judge, the
    task fails.

    Raises:
        MediaError: of the first service, where all of them failed.
    """
    sides = context.seen_as({"front": "file", "back": "back"})
    runs = {name: node(context) for name, node in nodes.items()} | {IDENTITY: identity(sides)}
    found = await answers(runs)
    document = found[IDENTITY]
    if isinstance(document, Report) and document.data["document"]["type"] == "unknown":
        found[IDENTITY] = MediaError(NOT_APPLICABLE, "not an identity document")
    return combined(SERVICE, found)
