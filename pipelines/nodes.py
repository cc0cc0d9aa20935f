"""The services as nodes of a solution: asked side by side, their answers in one report."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from pipelines.context import Context
from pipelines.errors import MediaError
from pipelines.policy import verdict
from pipelines.report import Artifact, Check, Report, Status

Node = Callable[[Context], Awaitable[Report]]
Answer = Report | MediaError


async def answers(runs: Mapping[str, Awaitable[Report]]) -> dict[str, Answer]:
    """What each of the services found, or why it could not judge.

    Raises:
        MediaError: of the first service, where all of them failed.
    """
    found = dict(zip(runs, await asyncio.gather(*(_answer(run) for run in runs.values())), strict=True))
    errors = [answer for answer in found.values() if isinstance(answer, MediaError)]
    if len(errors) == len(found):
        raise errors[0]
    return found


def combined(solution: str, found: Mapping[str, Answer]) -> Report:
    """One report: all checks, those of a service that could not judge as one that says so; data by service.

    Artifacts keep their names; where two services gave the same one, the second is named after its service too.
    """
    checks = tuple(check for name, answer in found.items() for check in _checks(name, answer))
    reports = {name: answer for name, answer in found.items() if isinstance(answer, Report)}
    artifacts: dict[str, Artifact] = {}
    for service, report in reports.items():
        for artifact in report.artifacts:
            name = artifact.name if artifact.name not in artifacts else f"{service}-{artifact.name}"
            artifacts[name] = Artifact(name, artifact.mime, artifact.data)
    return Report(
        service=solution,
        verdict=verdict(solution, checks),
        checks=checks,
        data={name: dict(report.data) for name, report in reports.items()},
        artifacts=tuple(artifacts.values()),
    )


async def _answer(run: Awaitable[Report]) -> Answer:
    try:
        return await run
    except MediaError as error:
        return error


def _checks(name: str, answer: Answer) -> tuple[Check, ...]:
    """A service's own checks, or the one that says why it has none."""
    if isinstance(answer, Report):
        return answer.checks
    message = {"message": answer.message}
    return (Check(name=name, status=Status.NOT_PERFORMED, reasons=(answer.code,), evidence=message),)
