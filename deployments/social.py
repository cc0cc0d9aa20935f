"""Media on social networks: `yt-dlp` finds where the file itself lies, and the guard fetches it from there.

Off by default (`VERISCOPE_SOCIAL_SOURCES`): yt-dlp opens connections of its own, past the guard. It runs as a process
without secrets in its environment, only its extractors for the six networks of the contract are on, and none of them
follows a link to elsewhere (contracts 1.2).
"""

import asyncio
import contextlib
import importlib.util
import os
import sys
from collections.abc import Collection, Sequence

from pipelines.media.fetch import UrlFailed

TIMEOUT_S = 45.0
_EXTRACTORS = "youtube.*,instagram.*,facebook.*,tiktok.*,twitter.*,dailymotion.*,-twitter:shortener"
"""Of Twitter's links all but the short ones, which lead anywhere."""
_SOUND = "ba[ext=m4a][protocol^=http]/"
_FILM = "b[ext=mp4][protocol^=http]/b[ext=webm][protocol^=http]"
_KEPT_ENVIRONMENT = ("PATH", "LD_LIBRARY_PATH", "LANG", "LC_ALL", "SSL_CERT_FILE")
_LONGEST_LINE = 1 << 16


def installed() -> bool:
    """Whether yt-dlp is there."""
    return importlib.util.find_spec("yt_dlp") is not None


class SocialLinks:
    """Turns the page of a video into the URL of its file."""

    def __init__(self, command: Sequence[str] = (sys.executable, "-P", "-m", "yt_dlp")) -> None:
        """Args: command: what runs yt-dlp."""
        self._command = command

    async def media_url(self, page: str, accepted: Collection[str]) -> str:
        """Where the file lies.

        Args:
            page: http(s) URL of one of the six networks.
            accepted: extensions of files that will do; where pictures are none of them but sound is, sound is enough.

        Raises:
            UrlFailed: nothing was found there, or not within `TIMEOUT_S`.
        """
        sound = "m4a" in accepted and "png" not in accepted
        process = await asyncio.create_subprocess_exec(
            *self._command,
            *("--ignore-config", "--no-plugin-dirs", "--no-cache-dir", "--no-remote-components", "--no-warnings"),
            *("--use-extractors", _EXTRACTORS, "--no-playlist", "--playlist-items", "1"),
            *("--socket-timeout", "10", "--retries", "1", "--extractor-retries", "1"),
            *("--format", (_SOUND if sound else "") + _FILM, "--print", "url", "--", page),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,  # it prints names and titles
            env={name: os.environ[name] for name in _KEPT_ENVIRONMENT if name in os.environ},
            limit=_LONGEST_LINE,
        )
        try:
            async with asyncio.timeout(TIMEOUT_S):
                found = await _first_line(process)
        except TimeoutError:
            raise UrlFailed("url_timeout", "the url took too long to answer") from None
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
        if not found:
            raise UrlFailed("url_failed", "there is no media behind the url")
        return found


async def _first_line(process: asyncio.subprocess.Process) -> str:
    assert process.stdout is not None
    try:
        return (await process.stdout.readline()).decode("ascii").strip()
    except ValueError:  # no URL: longer than any, or not ASCII
        return ""
