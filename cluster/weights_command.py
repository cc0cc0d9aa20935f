"""`veriscope weights`: fetch, show, verify and carry the weight files."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from models import fetch, weights
from models.hub.fetch import sync_checkpoints

weights_app = typer.Typer(help="Weight files: fetched by name and version, verified by sha256.", no_args_is_help=True)
console = Console(highlight=False)
errors = Console(stderr=True, highlight=False)


def _end(error: weights.WeightsError) -> typer.Exit:
    errors.print(f"[bold red]error[/] {error}", soft_wrap=True)
    return typer.Exit(1)


@weights_app.command()
def sync(
    bundle: Annotated[Path | None, typer.Option("--from", help="A file of `weights bundle`; no network.")] = None,
) -> None:
    """Fetch every missing weight file and verify it. What is already there and good is left alone."""
    columns = (TextColumn("{task.description:<16}"), BarColumn(), DownloadColumn(), TextColumn("{task.fields[step]}"))
    bars: dict[str, TaskID] = {}
    with Progress(*columns, TimeElapsedColumn(), console=console) as progress:

        def show(step: fetch.Progress) -> None:
            if step.name not in bars:
                bars[step.name] = progress.add_task(step.name, total=None, step="")
            size = weights.entry(step.name).size
            if step.step in ("present", "done"):
                progress.update(bars[step.name], total=size, completed=size, step=step.step)
            else:
                total = step.total or None
                progress.update(
                    bars[step.name], total=total, completed=step.received, step=f"{step.step} {step.detail}"
                )

        try:
            fetch.sync(from_bundle=bundle, progress=show)
            for name, step in sync_checkpoints():
                progress.console.print(f"{name}: {step} and verified")
        except weights.WeightsError as error:
            raise _end(error) from None


@weights_app.command("list")
def list_files() -> None:
    """Show every weight file: licence, size, where it comes from and whether it is here."""
    table = Table("name", "licence", "MB", "from", "state")
    for entry in weights.lock().values():
        fault = weights.fault_of(entry, weights.location(entry))
        table.add_row(entry.name, entry.licence, f"{entry.size / 1e6:.1f}", entry.origin, fault or "verified")
    console.print(table)


@weights_app.command()
def verify() -> None:
    """Check size and sha256 of every file; the exit status is 1 when one is missing or damaged."""
    faults = {name: weights.fault_of(entry, weights.location(entry)) for name, entry in weights.lock().items()}
    for name, fault in faults.items():
        console.print(f"{name}: {f'{fault}; {weights.entry(name).mend}' if fault else 'verified'}", soft_wrap=True)
    raise typer.Exit(1 if any(faults.values()) else 0)


@weights_app.command()
def bundle(file: Annotated[Path, typer.Argument(help="Tar file to write.")]) -> None:
    """Write all verified files into one, for machines without a network: `weights sync --from FILE` there."""
    try:
        console.print(f"wrote {fetch.bundle(file)}", soft_wrap=True)
    except weights.WeightsError as error:
        raise _end(error) from None
