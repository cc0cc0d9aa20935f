"""Why a task ends without a report. The text reaches clients: it names what is wrong, never what is in the media."""


class MediaError(Exception):
    """The submitted media cannot be judged, and trying again will not help: the task fails with this reason.

    Attributes:
        code: stable snake_case word, e.g. `corrupt_media`, `image_too_large`, `no_face`.
        message: short sentence for the client; holds no file names, personal data or media content.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message

    def __reduce__(self) -> tuple[type["MediaError"], tuple[str, str]]:
        """Keeps both arguments when the error crosses a process boundary."""
        return type(self), (self.code, self.message)
