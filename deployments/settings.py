"""Every setting of an installation, read from `VERISCOPE_*` environment variables, in one place."""

import base64
import binascii
import contextlib
import os
import secrets
from functools import cached_property
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

MiB = 1 << 20


class Settings(BaseSettings):
    """An installation's settings. Secrets never show in a representation or a log."""

    model_config = SettingsConfigDict(env_prefix="VERISCOPE_", extra="ignore")

    home: Path = Field(Path("~/.veriscope"), description="Weights, database, blobs and secrets, unless set elsewhere.")
    http_host: str = Field("127.0.0.1", description="Address the API listens on.")
    http_port: int = Field(8000, ge=1, le=65535, description="Port the API listens on.")
    public_host: str = Field("localhost", description="Host name in the issuer and audience of tokens.")
    database_url: str = Field("", description="SQLAlchemy URL; empty: SQLite in HOME.")
    blobs_url: str = Field("", description="Directory, s3://, gs:// or az:// URL; empty: a directory in HOME.")
    account: SecretStr | None = Field(None, description="user:password, created at start if absent.")
    token_secret: SecretStr | None = Field(None, description="Signs API tokens; empty: generated into HOME (0600).")
    master_key: SecretStr | None = Field(None, description="Encrypts blobs at rest; 32 bytes as base64 or hex.")
    ssrf_allow_cidrs: Annotated[tuple[IPv4Network | IPv6Network, ...], NoDecode] = Field(
        (), description="Comma-separated networks that outgoing requests may reach although they are private."
    )
    max_queued: int = Field(10_000, ge=1, description="Unfinished tasks in all before new ones are answered 429.")
    max_queued_per_tenant: int = Field(5_000, ge=1, description="The same, for each tenant.")
    result_days: float = Field(30, gt=0, description="Results and reports are kept this long, then answered 404.")
    media_days: float = Field(30, gt=0, description="Submitted media and artifacts are kept this long.")
    webhook_time_scale: float = Field(1.0, gt=0, description="Multiplies the waits between webhook attempts.")
    webhook_body: str = Field("full", pattern="^(full|thin)$", description="thin drops base64 fields from webhooks.")
    rate_limit: int = Field(0, ge=0, description="Requests per minute and tenant; 0: no limit.")

    @field_validator("home", mode="after")
    @classmethod
    def _absolute(cls, home: Path) -> Path:
        return home.expanduser().absolute()

    @field_validator("ssrf_allow_cidrs", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value

    @property
    def database(self) -> str:
        """The database URL in force."""
        return self.database_url or f"sqlite:///{self.home / 'veriscope.db'}"

    @property
    def blobs(self) -> str:
        """The blob store in force: a directory or an object store URL."""
        return self.blobs_url or str(self.home / "blobs")

    @cached_property
    def signing_key(self) -> str:
        """The secret that signs API tokens. Generated once into HOME with mode 0600 when none is set."""
        if self.token_secret is not None:
            return self.token_secret.get_secret_value()
        file = self.home / "token_secret"
        if not file.exists():
            self.home.mkdir(parents=True, exist_ok=True)
            fresh = file.with_suffix(f".{os.getpid()}")
            with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as handle:
                handle.write(secrets.token_urlsafe(48))
            # A hard link appears whole or not at all: of two processes that start at once, both read the winner's.
            with contextlib.suppress(FileExistsError):
                os.link(fresh, file)
            fresh.unlink()
        return file.read_text().strip()

    @cached_property
    def blob_key(self) -> bytes | None:
        """The 32-byte key that encrypts blobs at rest, or None. Raises ValueError when it is not 32 bytes."""
        if self.master_key is None:
            return None
        text = self.master_key.get_secret_value()
        try:
            key = bytes.fromhex(text) if len(text) == 64 else base64.b64decode(text, validate=True)
        except (ValueError, binascii.Error):
            key = b""
        if len(key) != 32:
            raise ValueError(
                "VERISCOPE_MASTER_KEY must be 32 bytes as base64 or hex; make one: openssl rand -base64 32"
            )
        return key
