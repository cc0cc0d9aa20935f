"""`veriscope doctor`: each part of an installation, well or what to do."""

import socket
import sys
from collections.abc import Callable, Iterator
from importlib.metadata import distributions, version

import sqlalchemy
from rich.console import Console

from cluster import server
from deployments.settings import Settings
from deployments.tasks.database import open_database
from models import weights
from models.cards import all_cards
from models.hub.checkpoint import checkpoints

Finding = tuple[bool, str]
"""Whether it is well, and a line that says so or says what to do."""

COPYLEFT = {"pymupdf": "AGPL-3.0 or commercial: see NOTICE before you offer a modified Veriscope to others"}


def examine(settings: Settings, console: Console) -> bool:
    """Prints one line a finding. Returns whether everything is well."""
    well = True
    for title, look in SECTIONS.items():
        console.print(f"[bold]{title}[/]")
        for good, line in look(settings):
            well &= good
            console.print(f"  {'[green]ok[/]  ' if good else '[red]mend[/]'} {line}", soft_wrap=True)
    return well


def _environment(_: Settings) -> Iterator[Finding]:
    running = sys.version_info[:2]
    yield (3, 11) <= running < (3, 14), f"Python {running[0]}.{running[1]} (3.11 to 3.13 are tested)"
    for package, wanted in {"torch": "2.13.0", "ray": "2.60.0"}.items():
        found = version(package).split("+")[0]
        yield found == wanted, f"{package} {found}" + ("" if found == wanted else f"; install {wanted}: make install")
    names = sorted({(d.metadata["Name"] or "").lower() for d in distributions()})
    opencv = [name for name in names if name.startswith("opencv-")]
    yield (
        len(opencv) == 1,
        f"OpenCV from {' and '.join(opencv)}"
        + ("" if len(opencv) == 1 else "; two overwrite each other's files: uninstall all and run make install"),
    )
    for name, note in COPYLEFT.items():
        if name in names:
            yield True, f"{name} is installed: {note}"


def _weights(_: Settings) -> Iterator[Finding]:
    for name, entry in weights.lock().items():
        fault = weights.fault_of(entry, weights.location(entry))
        if fault is None:
            yield True, f"{name} {entry.sha256[:12]}, {entry.licence}"
        else:
            yield False, f"{name}: {weights.location(entry)} {fault}; {entry.mend}"
    for name, checkpoint in checkpoints().items():
        try:
            yield True, f"{name} in {checkpoint.verify()}, {checkpoint.licence}"
        except weights.WeightsError as error:
            yield False, f"{name}: {error}"


def _models(_: Settings) -> Iterator[Finding]:
    for card in all_cards():
        yield True, f"{card.name} {card.version}, {card.licence}; {len(card.measured)} measured figures"


def _stores(settings: Settings) -> Iterator[Finding]:
    shown = sqlalchemy.engine.make_url(settings.database).render_as_string(hide_password=True)
    try:
        with open_database(settings.database).connect() as connection:
            connection.execute(sqlalchemy.text("SELECT 1"))
        yield True, f"database {shown}"
    except (sqlalchemy.exc.SQLAlchemyError, OSError) as error:
        yield False, f"database {shown}: {type(error).__name__}; check VERISCOPE_DATABASE_URL"
    encrypted = "encrypted at rest" if settings.master_key else "not encrypted at rest (VERISCOPE_MASTER_KEY)"
    yield from ((True, f"warning: {warning}") for warning in settings.warnings())
    yield True, f"blobs {settings.blobs.split('@')[-1]}, {encrypted}"


def _port(settings: Settings) -> Iterator[Finding]:
    running = server.state(settings)
    if running is not None:
        yield True, f"running as process {running['pid']} on {running['url']}"
        return
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.http_host, settings.http_port))
        except OSError:
            yield False, f"port {settings.http_port} is taken by another program; choose one with VERISCOPE_HTTP_PORT"
        else:
            yield True, f"port {settings.http_port} on {settings.http_host} is free"


SECTIONS: dict[str, Callable[[Settings], Iterator[Finding]]] = {
    "environment": _environment,
    "weights": _weights,
    "models": _models,
    "stores": _stores,
    "port": _port,
}
