"""Prepares the stores of an installation whose cluster is started by others: `python -m cluster.prepare PROFILE`.

`veriscope up` does the same by itself. On Kubernetes this runs before the head starts: it verifies the weights of the
image, migrates the database, adds the account of `VERISCOPE_ACCOUNT`, and refuses settings that do not fit the profile.
"""

import sys
from pathlib import Path

from cluster.server import StartError, prepare, read_profile
from deployments.placement import check_placement
from deployments.settings import Settings


def main(arguments: list[str]) -> int:
    """Exit status: 0 when all is well; else what is wrong stands on standard error."""
    if len(arguments) != 1:
        print("usage: python -m cluster.prepare PROFILE", file=sys.stderr)
        return 2
    try:
        settings = Settings()
        _, profile = read_profile(Path(arguments[0]))
        check_placement(profile, settings)
        prepare(settings, profile, print)
    except (StartError, ValueError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
