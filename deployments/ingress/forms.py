"""What a form may hold, and reading typed values out of one (contracts 1.1, rules 3 to 7)."""

import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace

from deployments.ingress.errors import ApiError
from deployments.tasks.task import MediaRef

_TRUE = frozenset(("true", "1", "yes", "on"))
_FALSE = frozenset(("false", "0", "no", "off"))
MAX_TEXT = 64 << 10
"""Bytes of one text field."""


@dataclass(frozen=True, slots=True)
class FileRule:
    """A file of a form.

    Attributes:
        role: the media role it gets, and its field name.
        limits: bytes allowed (inclusive), by extension as `pipelines.media.sniff` names it; others are refused.
        aliases: further field names of the same file.
        decode: unpacks what is sent (encrypted, as base64) as it arrives; then it may be sent as text too. May raise
            ApiError. All limits speak of what comes out.
        text: whether `decode` unpacks base64, so that it is sent as text rather than as a file.
        wire_bytes: how much may be sent where `decode` makes it smaller; 0: as much as comes out.
        unsupported: error code for a type without a limit.
        too_large: error code for a file over its limit.
        empty: error code for a file without a byte.
        url: name of the text field that may hold an http(s) URL instead of the file, or the name of the file itself
            where that is sent as text; whoever works on the task fetches it (see `Intake`). "": files only.
        most: how many files there may be under this name; the second gets the role `<role>2`, and so on.
    """

    role: str
    limits: Mapping[str, int]
    aliases: tuple[str, ...] = ()
    required: bool = True
    about: str = ""
    decode: Callable[[AsyncIterator[bytes]], AsyncIterator[bytes]] | None = None
    text: bool = False
    wire_bytes: int = 0
    unsupported: str = "unsupported_media_type"
    too_large: str = "payload_too_large"
    empty: str = "empty_file"
    url: str = ""
    most: int = 1

    def role_of(self, number: int) -> str:
        """The media role of the so-manieth file under this name, from 1."""
        return self.role if number == 1 else f"{self.role}{number}"

    @property
    def largest(self) -> int:
        """The byte limit of the most generous type."""
        return max(self.limits.values())


@dataclass(frozen=True, slots=True)
class FormRule:
    """What is read from a form; everything else in it is ignored.

    Attributes:
        fields: names of text fields, with a sentence for the documentation.
        lists: those of `fields` that may be sent several times.
        structures: those of `fields` that are no text in a JSON body; `Form.texts` holds their JSON.
        echo: those of `fields` that error replies repeat, where the facade's shape has a place for them.
        multipart: whether `multipart/form-data` will do.
        urlencoded: whether `application/x-www-form-urlencoded` will do.
        json: whether `application/json` will do, with strings, numbers and booleans for texts.
        check: raises ApiError for the first thing wrong with the form, its `problems` included, where a contract says
            what comes first; the form is then always read to its end. None: what comes first on the wire.
        free_files: what files under any other name must be; each gets its field name as its role.
        most_files: how many files there may be under other names.
        total_bytes: what all files may have together, where that is less than each at its limit; 0: no such limit.
        on_text: is awaited as soon as a text field was read, before what follows it; may raise ApiError.
    """

    files: tuple[FileRule, ...] = ()
    fields: Mapping[str, str] = field(default_factory=dict)
    lists: frozenset[str] = frozenset()
    structures: frozenset[str] = frozenset()
    echo: tuple[str, ...] = ()
    multipart: bool = True
    urlencoded: bool = False
    json: bool = False
    check: "Callable[[Form], None] | None" = None
    free_files: FileRule | None = None
    most_files: int = 0
    total_bytes: int = 0
    on_text: "Callable[[str, str], Awaitable[None]] | None" = None

    def file(self, name: str) -> FileRule | None:
        """The file sent under that field name."""
        return next((rule for rule in self.files if name == rule.role or name in rule.aliases), None)

    def free_file(self, name: str) -> FileRule | None:
        """The rule of a file under a name that the form does not know."""
        return replace(self.free_files, role=name) if self.free_files and name not in self.fields else None

    @property
    def files_bytes(self) -> int:
        """The most that all files may have together, as sent."""
        free = self.most_files * self.free_files.largest if self.free_files else 0
        named = sum((rule.wire_bytes or rule.largest) * rule.most for rule in self.files)
        return min(self.total_bytes or free + named, free + named)


@dataclass(slots=True)
class Form:
    """A form that was read.

    Attributes:
        texts: by name; empty ones are absent.
        lists: texts of the fields that may be sent several times, by name; `texts` has none of them.
        files: by role in order of arrival, stored already unless their kind is `url`.
        empty: roles whose file had no bytes, with the error code for that.
        names: file names by role, as the client wrote them; of long ones the end.
        types: content types by role, as the client declares them.
        problems: why its files were refused, where the whole form was read nevertheless.
    """

    rule: FormRule
    texts: dict[str, str] = field(default_factory=dict)
    lists: dict[str, list[str]] = field(default_factory=dict)
    files: dict[str, MediaRef] = field(default_factory=dict)
    empty: dict[str, str] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict, repr=False)
    types: dict[str, str] = field(default_factory=dict, repr=False)
    problems: list[ApiError] = field(default_factory=list)

    def check(self) -> None:
        """Raises ApiError for the first thing that is wrong with it."""
        if self.rule.check is not None:
            self.rule.check(self)
        if self.problems:
            raise self.problems[0]

    @property
    def fingerprint(self) -> str:
        """Hex digest of the text fields and of every file's content."""
        parts = [f"t{name}\0{value}" for name, value in sorted(self.texts.items())]
        parts += [f"l{name}\0{value}" for name, values in sorted(self.lists.items()) for value in values]
        parts += [f"f{role}\0{ref.url or ref.sha256}" for role, ref in sorted(self.files.items())]
        return fingerprint_of(*parts)

    @property
    def echo(self) -> dict[str, str]:
        """What error replies repeat."""
        return {name: self.texts[name] for name in self.rule.echo if name in self.texts}

    def media(self) -> tuple[MediaRef, ...]:
        """The files in the order of the rule, then those under free names.

        Raises: ApiError: `missing_file` or `empty_file` (or the rule's own word for it) for a required one.
        """
        for rule in self.rule.files:
            if rule.required:
                self.require(rule.role)
        return tuple(self._ordered())

    def _ordered(self) -> Iterator[MediaRef]:
        named = [rule.role_of(number) for rule in self.rule.files for number in range(1, rule.most + 1)]
        yield from (self.files[role] for role in named if role in self.files)
        yield from (ref for role, ref in self.files.items() if role not in named)

    def require(self, role: str) -> None:
        """Raises ApiError `missing_file` or `empty_file` where the file is not there."""
        if role in self.files:
            return
        if role in self.empty:
            raise ApiError(self.empty[role], f"{role} is empty", pointer=f"#/{role}")
        raise ApiError("missing_file", f"{role} is required", pointer=f"#/{role}")

    def text(self, name: str, *, at_most: int = MAX_TEXT) -> str | None:
        """A text field, or None. `at_most` counts characters."""
        value = self.texts.get(name)
        if value is not None and len(value) > at_most:
            raise invalid(name, f"must have at most {at_most} characters")
        return value

    def boolean(self, name: str, default: bool) -> bool:
        """true/false, 1/0, yes/no or on/off in any case."""
        word = self.texts.get(name, "").lower()
        if word and word not in _TRUE and word not in _FALSE:
            raise invalid(name, "must be true or false")
        return word in _TRUE if word else default

    def words(self, name: str, allowed: Collection[str]) -> frozenset[str] | None:
        """A space-separated set of words, or None."""
        if name not in self.texts:
            return None
        words = frozenset(self.texts[name].split())
        if not words <= frozenset(allowed):
            raise invalid(name, f"may only hold {', '.join(allowed)}")
        return words


def invalid(name: str, requirement: str) -> ApiError:
    """`invalid_parameter` about the field `name`; the requirement never repeats what was sent."""
    return ApiError("invalid_parameter", f"{name} {requirement}", pointer=f"#/{name}")


def fingerprint_of(*parts: str) -> str:
    """Hex digest of a request's content, for idempotency."""
    digest = hashlib.sha256()
    for part in parts:
        encoded = part.encode()
        digest.update(len(encoded).to_bytes(8, "big") + encoded)
    return digest.hexdigest()
