"""What the HTTP face stands on, handed in as one object so that it runs in Serve and in tests alike."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from deployments.settings import Settings
from deployments.tasks.accounts import Accounts
from deployments.tasks.blobs import Blobs
from deployments.tasks.galleries import Galleries
from deployments.tasks.idempotency import Idempotency
from deployments.tasks.outbox import Outbox
from deployments.tasks.store import TaskStore
from deployments.tasks.webhooks import Webhooks


@dataclass(frozen=True, slots=True, kw_only=True)
class Backend:
    """Stores and signals of the gateway.

    Attributes:
        wake: called after a task was committed; tells a dispatcher to look at once. Must not block or raise.
        wake_deliverer: the same for the deliverer, after webhooks were registered or a delivery replayed.
        readiness: component name -> "ready" or a short reason why it is not.
    """

    settings: Settings
    tasks: TaskStore
    accounts: Accounts
    webhooks: Webhooks
    outbox: Outbox
    idempotency: Idempotency
    galleries: Galleries
    blobs: Blobs
    wake: Callable[[], None]
    wake_deliverer: Callable[[], None]
    readiness: Callable[[], Awaitable[dict[str, str]]]
