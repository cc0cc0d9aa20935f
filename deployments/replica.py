"""What every replica needs: a name for its leases, and errors that can be logged."""

import os
import re
import traceback
import uuid

_FRAME = re.compile(r'File "(?P<file>[^"]+)", line (?P<line>\d+), in (?P<function>\S+)')


def replica_name() -> str:
    """A name no other replica has or had: host, process and a random part."""
    return f"{os.uname().nodename}-{os.getpid()}-{uuid.uuid4().hex[:8]}"


def where(error: BaseException) -> str:
    """Kind and place of an error, for logs: `ValueError at image.py:31 decode < worker.py:12 run`, innermost first.

    The message of an error may quote what was submitted, so it is left out. Errors of other replicas carry their
    traceback as text, which is read as well.
    """
    text = getattr(error, "traceback_str", None) or "".join(traceback.format_tb(error.__traceback__))
    kind = type(getattr(error, "cause", None) or error).__name__
    frames = [f"{os.path.basename(file)}:{line} {function}" for file, line, function in _FRAME.findall(text)]
    return f"{kind} at {' < '.join(reversed(frames[-4:]))}" if frames else kind
