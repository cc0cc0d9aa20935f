"""The document solution: everything that can be said of one document, by whichever services apply to it."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from pipelines.context import Context
from pipelines.document.data_extraction import extract_data
from pipelines.document.forensics import analyse_file
from pipelines.document.id_document.authenticate import authenticate
from pipelines.errors import MediaError
from pipelines.policy import NOT_APPLICABLE, verdict
from pipelines.report import Artifact, Check, Report, Status

SERVICE = "document"
Node = Callable[[Context], Awaitable[Report]]
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
    answers = await asyncio.gather(*(_answer(run) for run in runs.values()))
    found = dict(zip(runs, answers, strict=True))
    errors = [answer for answer in found.values() if isinstance(answer, MediaError)]
    if len(errors) == len(found):
        raise errors[0]
    document = found[IDENTITY]
    if isinstance(document, Report) and document.data["document"]["type"] == "unknown":
        found[IDENTITY] = MediaError(NOT_APPLICABLE, "not an identity document")
    checks = [check for name, answer in found.items() for check in _checks(name, answer)]
    reports = {name: answer for name, answer in found.items() if isinstance(answer, Report)}
    artifacts: dict[str, Artifact] = {}
    for report in reports.values():
        artifacts |= {artifact.name: artifact for artifact in report.artifacts}
    return Report(
        service=SERVICE,
        verdict=verdict(SERVICE, checks),
        checks=tuple(checks),
        data={name: dict(report.data) for name, report in reports.items()},
        artifacts=tuple(artifacts.values()),
    )


async def _answer(run: Awaitable[Report]) -> Report | MediaError:
    try:
        return await run
    except MediaError as error:
        return error


def _checks(name: str, answer: Report | MediaError) -> tuple[Check, ...]:
    """A service's own checks, or the one that says why it has none."""
    if isinstance(answer, Report):
        return answer.checks
    message = {"message": answer.message}
    return (Check(name=name, status=Status.NOT_PERFORMED, reasons=(answer.code,), evidence=message),)
