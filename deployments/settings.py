"""Every setting of an installation, read from `VERISCOPE_*` environment variables, in one place."""

import base64
import binascii
import contextlib
import importlib.util
import ipaddress
import os
import secrets
from functools import cached_property
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AliasChoices, Field, SecretStr, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

MiB = 1 << 20


PUBLIC_KEY, PUBLIC_IV = "dcbbad6765e14139a07d34b92292a672", "df25d188a061"
"""What the SenseID manual documents as defaults: everyone knows them."""


class SenseIdSettings(BaseSettings):
    """Of the SenseID-compatible API (contracts, section 3): `VERISCOPE_SENSEID_*`."""

    model_config = SettingsConfigDict(env_prefix="VERISCOPE_SENSEID_", extra="ignore", populate_by_name=True)

    auth: Literal["", "none", "hmac", "bearer"] = Field(
        "", description="none, hmac or bearer; empty: none where the API listens on loopback only, else hmac."
    )
    keys: SecretStr = Field(SecretStr(""), description="For hmac, comma-separated: API key:secret:tenant.")
    decrypt_key: SecretStr = Field(
        SecretStr(PUBLIC_KEY),
        validation_alias=AliasChoices("VERISCOPE_SENSEID_DECRYPT_KEY", "PARAM_DECRYPT_KEY"),
        description="32 ASCII characters that clients encrypt with.",
    )
    decrypt_iv: SecretStr = Field(
        SecretStr(PUBLIC_IV),
        validation_alias=AliasChoices("VERISCOPE_SENSEID_DECRYPT_IV", "PARAM_DECRYPT_IV"),
        description="12 ASCII characters, the IV of payloads that bring none.",
    )
    allow_plain: bool = Field(False, description="Also take unencrypted files under the public cloud's field names.")
    wait_s: float = Field(30.0, gt=0, le=300, description="Seconds to wait for a result before answering 503.")
    request_bytes: int = Field(64 * MiB, ge=1, description="Bytes of a request; more are answered 413.")
    photo_bytes: int = Field(10 * MiB, ge=1, description="Bytes of a photo.")
    video_bytes: int = Field(32 * MiB, ge=1, description="Bytes of a video.")
    least_side: int = Field(64, ge=1, description="Pixels that each side of a photo has at least.")
    most_side: int = Field(8192, ge=1, description="Pixels that each side of a photo has at most.")
    least_face: int = Field(32, ge=1, description="Pixels of the smallest face that counts.")
    least_video_side: int = Field(240, ge=1, description="Pixels of a video's shorter side at least.")
    least_video_s: float = Field(2.0, ge=0, description="Seconds that a video must show a face.")

    @field_validator("decrypt_key", "decrypt_iv", mode="after")
    @classmethod
    def _sized(cls, value: SecretStr, info: ValidationInfo) -> SecretStr:
        size = 32 if info.field_name == "decrypt_key" else 12
        if len(value.get_secret_value().encode()) != size:
            raise ValueError(f"must be {size} ASCII characters")
        return value

    @property
    def public_key(self) -> bool:
        """Whether the key that everyone knows is in use."""
        return self.decrypt_key.get_secret_value() == PUBLIC_KEY

    @cached_property
    def api_keys(self) -> dict[str, tuple[str, str]]:
        """API key -> secret and tenant. Raises ValueError for an entry without all three."""
        return _keyed(self.keys, "VERISCOPE_SENSEID_KEYS must hold key:secret:tenant, separated by commas")


class TrustmaticSettings(BaseSettings):
    """Of the Trustmatic- and IDLive-Doc-compatible APIs (contracts, section 5): `VERISCOPE_TRUSTMATIC_*`."""

    model_config = SettingsConfigDict(env_prefix="VERISCOPE_TRUSTMATIC_", extra="ignore")

    threshold: float = Field(
        0.25, gt=0, lt=1, description="The score that a document at the detectors' own threshold gets."
    )
    wait_s: float = Field(30.0, gt=0, le=300, description="Seconds to wait for a result before answering 503.")
    image_bytes: int = Field(20 * MiB, ge=1, description="Bytes of a picture, decoded.")
    full_resolution: int = Field(1080, ge=1, description="Pixels of a shorter side that are too few for no warning.")


class ShareIdSettings(BaseSettings):
    """Of the ShareID-compatible API (contracts, section 6): `VERISCOPE_SHAREID_*`."""

    model_config = SettingsConfigDict(env_prefix="VERISCOPE_SHAREID_", extra="ignore")

    keys: SecretStr = Field(SecretStr(""), description="Comma-separated: api_key:business_hash:tenant.")
    wait_s: float = Field(60.0, gt=0, le=300, description="Seconds to wait for a result before answering 408.")
    total_bytes: int = Field(10 * MiB, ge=1, description="Bytes of all photos together.")
    least_side: int = Field(224, ge=1, description="Pixels that each side of a photo has at least.")

    @cached_property
    def credentials(self) -> dict[str, tuple[str, str]]:
        """API key -> business hash and tenant. Raises ValueError for an entry without all three."""
        return _keyed(self.keys, "VERISCOPE_SHAREID_KEYS must hold api_key:business_hash:tenant, separated by commas")


def _keyed(entries: SecretStr, wrong: str) -> dict[str, tuple[str, str]]:
    found: dict[str, tuple[str, str]] = {}
    for entry in filter(None, (part.strip() for part in entries.get_secret_value().split(","))):
        key, _, rest = entry.partition(":")
        secret, _, tenant = rest.rpartition(":")
        if not (key and secret and tenant):
            raise ValueError(wrong)
        found[key] = (secret, tenant)
    return found


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
    social_sources: bool = Field(
        False,
        description="Fetch media from social networks through yt-dlp (extra `social`), which passes the SSRF guard by.",
    )
    max_queued: int = Field(10_000, ge=1, description="Unfinished tasks in all before new ones are answered 429.")
    max_queued_per_tenant: int = Field(5_000, ge=1, description="The same, for each tenant.")
    result_days: float = Field(30, gt=0, description="Results and reports are kept this long, then answered 404.")
    media_days: float = Field(30, gt=0, description="Submitted media and artifacts are kept this long.")
    webhook_time_scale: float = Field(1.0, gt=0, description="Multiplies the waits between webhook attempts.")
    webhook_body: str = Field("full", pattern="^(full|thin)$", description="thin drops base64 fields from webhooks.")
    public_url: str = Field("", description="URL clients reach the API at; empty: http://PUBLIC_HOST:HTTP_PORT.")
    oz_session_ttl: float = Field(900, gt=0, description="Seconds without a request that end an Oz session.")
    oz_session_longlive_ttl: float = Field(5 * 365 * 86_400, gt=0, description="The same for service accounts.")
    oz_service_accounts: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="Comma-separated names of accounts that programs use."
    )
    oz_quality_threshold: float = Field(
        0.5, gt=0, le=0.5, description="confidence_spoofing from which QUALITY declines; 0.5 is the detector's own."
    )
    oz_biometry_threshold: float = Field(0.85, gt=0, le=1, description="Likeness from which BIOMETRY is one person.")
    oz_collection_threshold: float = Field(0.85, gt=0, le=1, description="Likeness from which COLLECTION declines.")
    oz_max_files: int = Field(10, ge=1, le=64, description="Files of one folder.")
    oz_max_file_mb: int = Field(10, ge=1, le=512, description="MiB of one file of a folder.")
    oz_wait_s: float = Field(120, gt=0, description="Seconds that a single request waits for its analyses.")
    rate_limit: int = Field(0, ge=0, description="Requests per minute and tenant; 0: no limit.")
    challenge_rate: int = Field(
        30,
        ge=0,
        description="Liveness challenges per minute and tenant, so that nobody draws until one fits; 0: no limit.",
    )
    senseid: SenseIdSettings = Field(default_factory=SenseIdSettings, description="See `SenseIdSettings`.")
    trustmatic: TrustmaticSettings = Field(default_factory=TrustmaticSettings, description="See `TrustmaticSettings`.")
    shareid: ShareIdSettings = Field(default_factory=ShareIdSettings, description="See `ShareIdSettings`.")

    @field_validator("home", mode="after")
    @classmethod
    def _absolute(cls, home: Path) -> Path:
        return home.expanduser().absolute()

    @field_validator("ssrf_allow_cidrs", "oz_service_accounts", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value

    @property
    def database(self) -> str:
        """The database URL in force."""
        return self.database_url or f"sqlite:///{self.home / 'veriscope.db'}"

    @property
    def url(self) -> str:
        """Where clients reach the API, without a slash at the end."""
        return self.public_url.rstrip("/") or f"http://{self.public_host}:{self.http_port}"

    @property
    def blobs(self) -> str:
        """The blob store in force: a directory or an object store URL."""
        return self.blobs_url or str(self.home / "blobs")

    @property
    def loopback(self) -> bool:
        """Whether only this machine reaches the API."""
        if self.http_host == "localhost":
            return True
        with contextlib.suppress(ValueError):
            return ipaddress.ip_address(self.http_host).is_loopback
        return False

    @property
    def first_account(self) -> str:
        """The account that is created at start; what comes in without authentication is its own."""
        return self.account.get_secret_value().partition(":")[0] if self.account is not None else "admin"

    @property
    def senseid_auth(self) -> str:
        """The authentication in force on the SenseID-compatible API: none, hmac or bearer."""
        return self.senseid.auth or ("none" if self.loopback else "hmac")

    def warnings(self) -> list[str]:
        """What is legal but weak, to be said at every start. Raises ValueError for keys that cannot be read."""
        found = []
        _ = self.shareid.credentials
        if self.senseid.public_key:
            found.append(
                "SenseID payloads are decrypted with the vendor's public default key, which protects nothing: "
                "set VERISCOPE_SENSEID_DECRYPT_KEY and VERISCOPE_SENSEID_DECRYPT_IV, and require TLS"
            )
        if self.social_sources and importlib.util.find_spec("yt_dlp") is None:
            found.append("media of social networks cannot be fetched: run: pip install 'veriscope[social]'")
        if self.senseid_auth == "hmac" and not self.senseid.api_keys:
            found.append("the SenseID endpoints let nobody in: set VERISCOPE_SENSEID_KEYS, or VERISCOPE_SENSEID_AUTH")
        if self.senseid_auth == "none" and not self.loopback:
            found.append("the SenseID endpoints let everybody in: VERISCOPE_SENSEID_AUTH is none")
        return found

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
