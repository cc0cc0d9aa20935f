"""Why a task ends without a report. The text reaches clients: it names what is wrong, never what is in the media."""


class MediaError(Exception):
    """The submitted media cannot be judged, and trying again will not help: the task fails with this reason.

    Attributes:
        code: stable snake_case word, e.g. `corrupt_media`, `image_too_large`, `no_face`.
        message: short sentence for the client; holds no file names, personal data or media content.
        subject: role of the media it is about, where that is known.
    """

    def __init__(self, code: str, message: str, subject: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.subject = subject

    def about(self, role: str) -> "MediaError":
        """The same error, naming the role of the media unless it names one already."""
        return self if self.subject is not None else type(self)(self.code, self.message, role)

    def __reduce__(self) -> tuple[type["MediaError"], tuple[str, str, str | None]]:
        """Keeps all arguments when the error crosses a process boundary."""
        return type(self), (self.code, self.message, self.subject)
