"""Bodies of the Oz-compatible API's replies, for the documentation; replies are rendered without passing through."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

Resolution = Literal["INITIAL", "PROCESSING", "FAILED", "DECLINED", "OPERATOR_REQUIRED", "SUCCESS"]


class _Open(BaseModel):
    model_config = ConfigDict(extra="allow")


class SignedIn(BaseModel):
    """A pair of tokens, shown once. `expire_date` moves with every request."""

    access_token: str
    expire_token: str
    expire_date: float
    session_id: str
    user: dict[str, Any]


class MediaObject(_Open):
    """A file of a folder."""

    media_id: str
    folder_id: str
    media_type: Literal["IMAGE_FOLDER", "VIDEO_FOLDER", "SHOTS_SET_FOLDER"]
    tags: list[str]
    original_name: str
    original_url: str | None = None
    thumb_url: str | None = None


class AnalysisObject(_Open):
    """An analysis; `analyse_id` is the older name of `analysis_id`. `webhook_secret` as in the folder.
    `decline_reasons`, in the words of our checks, only where it is DECLINED."""

    analyse_id: str
    analysis_id: str
    folder_id: str
    type: Literal["QUALITY", "BIOMETRY", "DOCUMENTS", "COLLECTION"]
    state: Literal["PROCESSING", "FAILED", "FINISHED"]
    resolution_status: Resolution
    resolution: Resolution
    decline_reasons: list[str] | None = None
    webhook_secret: str | None = None


class FolderObject(_Open):
    """A folder. `webhook_secret` (Standard Webhooks) only in the reply to the request that named the webhook URL."""

    folder_id: str
    company_id: str
    resolution_status: Literal["INITIAL", "PROCESSING", "FAILED", "FINISHED"]
    system_resolution: Resolution
    media: list[MediaObject]
    webhook_secret: str | None = None


class FolderList(BaseModel):
    """A page of folders, newest first."""

    items: list[FolderObject]
    total: int


class CollectionObject(BaseModel):
    """A list of persons."""

    collection_id: str
    alias: str


class CollectionList(BaseModel):
    """The account's collections."""

    items: list[CollectionObject]
    total: int


class PersonObject(BaseModel):
    """Somebody on a collection."""

    person_id: str
    collection_id: str


class PersonList(BaseModel):
    """Who is on a collection."""

    items: list[PersonObject]
    total: int
