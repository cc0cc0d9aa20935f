"""What the HTTP face stands on, handed in as one object so that it runs in Serve and in tests alike."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from deployments.settings import Settings
from deployments.tasks.accounts import Accounts
from deployments.tasks.blobs import Blobs
from deployments.tasks.cases import Cases
from deployments.tasks.galleries import Galleries
from deployments.tasks.idempotency import Idempotency
from deployments.tasks.outbox import Outbox
from deployments.tasks.sessions import Sessions
from deployments.tasks.store import TaskStore
from deployments.tasks.webhooks import Webhooks
from pipelines.media.frames import Decoded


@dataclass(frozen=True, slots=True, kw_only=True)
class Backend:
    """Stores and signals of the gateway.

    Attributes:
        wake: called after a task was committed; tells a dispatcher to look at once. Must not block or raise.
        wake_deliverer: the same for the deliverer, after webhooks were registered or a delivery replayed.
        probe: has the media host look at stored blobs: what each is, with one small frame, or why it cannot be told.
        readiness: component name -> "ready" or a short reason why it is not.
    """

    settings: Settings
    tasks: TaskStore
    accounts: Accounts
    webhooks: Webhooks
    outbox: Outbox
    idempotency: Idempotency
    galleries: Galleries
    sessions: Sessions
    cases: Cases
    blobs: Blobs
    wake: Callable[[], None]
    wake_deliverer: Callable[[], None]
    probe: Callable[[Sequence[str]], Awaitable[list[Decoded | Exception]]]
    readiness: Callable[[], Awaitable[dict[str, str]]]
