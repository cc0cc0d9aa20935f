"""`veriscope`: the command line."""

import json
import os
import sys
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError
from rich.console import Console

from cluster import server
from cluster.bulk_command import bulk_app
from cluster.check import check_files
from cluster.doctor import examine
from cluster.weights_command import weights_app
from deployments.settings import Settings
from deployments.tasks.accounts import Accounts
from deployments.tasks.database import migrate, open_database

app = typer.Typer(
    help="Judges whether people, media and documents are genuine.", no_args_is_help=True, pretty_exceptions_enable=False
)
account_app = typer.Typer(help="Accounts that may use the API.", no_args_is_help=True)
app.add_typer(weights_app, name="weights")
app.add_typer(bulk_app, name="bulk")
app.add_typer(account_app, name="account")
errors = Console(stderr=True, highlight=False)

ProfileOption = Annotated[Path, typer.Option(help="Serve config that describes the installation.")]


def say(line: str) -> None:
    """Prints one line at once, whoever reads it."""
    print(line, flush=True)


def fail(text: str) -> typer.Exit:
    """Prints what is wrong and what to do; raise what it returns."""
    errors.print(f"[bold red]error[/] {text}", soft_wrap=True)
    return typer.Exit(1)


def settings() -> Settings:
    """The settings in force; ends the command when one of them is wrong."""
    try:
        return Settings()
    except ValidationError as error:
        wrong = "; ".join(f"VERISCOPE_{str(item['loc'][0]).upper()}: {item['msg']}" for item in error.errors())
        raise fail(wrong) from None


@app.command()
def up(profile: ProfileOption = server.DEFAULT_PROFILE, detach: bool = False) -> None:
    """Start the cluster on this machine; Ctrl-C stops it. `--detach` returns once it is ready."""
    try:
        (server.run_detached if detach else server.run)(profile, settings(), say)
    except (server.StartError, ValueError) as error:
        raise fail(str(error)) from None


@app.command()
def down() -> None:
    """Stop the cluster that was started in this HOME."""
    try:
        say("stopped" if server.stop_running(settings()) else "nothing was running")
    except server.StartError as error:
        raise fail(str(error)) from None


@app.command()
def status(as_json: Annotated[bool, typer.Option("--json")] = False) -> None:
    """Say whether the cluster runs and whether each part of it is ready."""
    here = settings()
    running = server.state(here)
    if running is None:
        raise fail("not running; start it with `veriscope up`")
    try:
        ready = server.readiness(here)
    except OSError as error:
        raise fail(f"process {running['pid']} runs, but {running['url']} does not answer yet ({error})") from None
    if as_json:
        say(json.dumps(running | ready))
    else:
        say(f"{ready['status']} {running['url']} (process {running['pid']})")
        for name, state in ready["pipelines"].items():
            say(f"  {name}: {state}")
    raise typer.Exit(0 if ready["status"] == "ready" else 1)


@app.command()
def check(
    files: Annotated[list[Path], typer.Argument(help="Media to judge.", exists=True, dir_okay=False)],
    service: Annotated[str, typer.Option(help="Which question to ask.")] = "liveness_detection",
    reference: Annotated[Path | None, typer.Option(help="Reference photo, for face_matching and identity.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON report a line.")] = False,
) -> None:
    """Judge files with the same pipelines, in one process, without a cluster."""
    try:
        check_files(files, service, reference, as_json=as_json)
    except server.StartError as error:
        raise fail(str(error)) from None


@app.command()
def doctor() -> None:
    """Examine environment, weights, licences, port and stores; say of each whether it is well or what to do."""
    raise typer.Exit(0 if examine(settings(), Console(highlight=False)) else 1)


@account_app.command("add")
def account_add(
    name: str,
    password: Annotated[str | None, typer.Option(help="Asked for when absent.", envvar="VERISCOPE_PASSWORD")] = None,
) -> None:
    """Add an account; its name is its tenant."""
    engine = open_database(settings().database)
    migrate(engine)
    accounts = Accounts(engine)
    if accounts.exists(name):
        raise fail(f"there is an account {name} already")
    accounts.add(name, password or typer.prompt("password", hide_input=True, confirmation_prompt=True))
    say(f"added {name}")


def main() -> None:
    """Entry point of the `veriscope` command."""
    # A closed pipe (`veriscope ... | head`) is no error of ours.
    try:
        app()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(1) from None


if __name__ == "__main__":
    main()
