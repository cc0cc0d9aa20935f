"""The one way in: who asks, what was sent, whether it was sent before, and the task it becomes."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, Concatenate, ParamSpec, TypeVar

from starlette.requests import Request
from starlette.responses import Response

from deployments.ingress.auth import Authenticator, Principal
from deployments.ingress.backend import Backend
from deployments.ingress.challenges import Challenges, refused
from deployments.ingress.errors import ApiError, rate_limited
from deployments.ingress.forms import Form, FormRule, invalid
from deployments.ingress.idempotency import Attempt, key_of
from deployments.ingress.limits import RateLimiter
from deployments.ingress.mechanics import Exchange
from deployments.ingress.threads import Threads, to_the_end
from deployments.ingress.uploads import FormReader
from deployments.ingress.waiting import Waiting
from deployments.tasks.idempotency import Conflict, StoredReply
from deployments.tasks.store import Admission, QueueFull, TicketUsed
from deployments.tasks.task import Task, TaskSpec
from pipelines.media.fetch import GuardedClient, UrlRefused

P = ParamSpec("P")
T = TypeVar("T")
Act = Callable[[Form, Attempt, FormReader], Awaitable[StoredReply]]
"""Makes a reply of a form; takes its files over by clearing `FormReader.stored`."""

WHOLE_BODIES = 2
"""Bodies with media as text that are in memory at the same time; contracts let one have 64 MiB."""


class Intake:
    """What every route needs of the gateway, in the request's `app.state.intake`."""

    def __init__(self, backend: Backend) -> None:
        settings = backend.settings
        self.backend = backend
        self.threads = Threads()
        self.auth = Authenticator(backend.accounts, settings.signing_key, settings.public_host)
        self.challenges = Challenges(settings.signing_key, settings.public_host)
        self.urls = GuardedClient([str(network) for network in settings.ssrf_allow_cidrs])
        self._waiting = Waiting(self.threads, backend.tasks)
        self._whole_bodies = asyncio.Semaphore(WHOLE_BODIES)
        self._limiter = RateLimiter(settings.rate_limit)
        self._draws = RateLimiter(settings.challenge_rate, policy="challenges")
        self.limits = Admission(total=settings.max_queued, per_tenant=settings.max_queued_per_tenant)

    async def ask(
        self,
        request: Request,
        scope: str,
        question: Callable[Concatenate[str, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Asks a store in the name of the tenant: `question(tenant, *args)`, in one trip to a thread."""
        principal = self.auth.bearer(request, scope)
        self.count(request, principal.tenant)

        def answer() -> T:
            self.auth.active(principal)
            return question(principal.tenant, *args, **kwargs)

        return await self.threads.call(answer)

    async def authorise(self, request: Request, scope: str) -> Principal:
        """The principal of a valid token with that scope. Raises ApiError: 401, 403 or 429."""
        principal = self.auth.bearer(request, scope)
        self.count(request, principal.tenant)
        await self.threads.call(self.auth.active, principal)
        return principal

    async def authenticate(self, request: Request) -> str:
        """The account of a correct password. Raises ApiError: 401 or 429."""
        account = await self.auth.basic(request)
        self.count(request, account)
        return account

    async def submit(
        self,
        request: Request,
        principal: Principal,
        rule: FormRule,
        describe: Callable[[Form], Awaitable[TaskSpec]],
        render: Callable[[Task], StoredReply],
    ) -> Response:
        """Reads the form, commits the task it describes and renders the reply; whatever fails leaves nothing behind.

        Args:
            describe: form to spec; raises ApiError for what the form lacks.
            render: the reply; stored with the task when the request has an idempotency key.
        """

        async def act(form: Form, attempt: Attempt, reader: FormReader) -> StoredReply:
            return render(await self._commit(await describe(form), attempt, reader, render))

        return await self.receive(request, principal.tenant, rule, act)

    async def judge(
        self,
        request: Request,
        principal: Principal,
        rule: FormRule,
        describe: Callable[[Form], Awaitable[TaskSpec]],
        render: Callable[[Task], Awaitable[StoredReply]],
        wait_s: float,
    ) -> Response:
        """Like `submit`, but answers when the task has ended, or with the unfinished task after `wait_s` seconds.

        Args:
            render: the reply; an ApiError it raises is the reply too. Stored for the idempotency key unless the task
                is unfinished, which then goes on without anyone waiting.
        """

        return await self.receive(request, principal.tenant, rule, self.judging(describe, render, wait_s))

    def judging(
        self,
        describe: Callable[[Form], Awaitable[TaskSpec]],
        render: Callable[[Task], Awaitable[StoredReply]],
        wait_s: float,
    ) -> Act:
        """What `judge` does with a form that was received."""

        async def act(form: Form, attempt: Attempt, reader: FormReader) -> StoredReply:
            # A gateway that died may have submitted it under the same key.
            task_id = attempt.claim.task_id if attempt.claim is not None else None
            if task_id is None:
                task_id = (await self._commit(await describe(form), attempt, reader)).id
            else:
                await reader.discard()
            (task,) = await self.wait(reader.tenant, [task_id], wait_s)
            reply = await render(task)
            if task.state.terminal:
                await attempt.complete(reply)
            return reply

        return act

    async def wait(self, tenant: str, ids: Sequence[str], wait_s: float) -> list[Task]:
        """The tasks when all of them have ended, or as they are after `wait_s` seconds. Raises ApiError `not_found`."""
        await self._waiting.until_ended(ids, wait_s)
        found = [await self.threads.call(self.backend.tasks.get, tenant, task_id) for task_id in ids]
        tasks = [task for task in found if task is not None]
        if len(tasks) < len(ids):
            raise ApiError("not_found", "it was erased meanwhile")
        return tasks

    async def receive(
        self,
        request: Request,
        tenant: str,
        rule: FormRule,
        act: Act,
    ) -> Response:
        """Reads the form and answers what `act` makes of it; files that nobody took over by then are deleted.

        `act` takes files over by clearing `FormReader.stored`. A request that was answered before gets that answer.
        """
        async with await self._attempt(request, tenant) as attempt:
            reader = self._reader(rule, tenant, attempt)
            async with _settled(reader):
                form = await reader.read(request)
                return await self._answer(form, attempt, reader, act)

    async def receive_signed(
        self, request: Request, rule: FormRule, tenant_of: Callable[[Form], str], act: Act
    ) -> Response:
        """Like `receive`, where the form itself says whose it is: `tenant_of` raises ApiError where that is nobody.

        What is refused before that was read is not kept for the idempotency key: it is refused again.
        """
        reader = self._reader(rule, "", None)
        async with _settled(reader):
            form = await reader.read(request)
            reader.tenant = tenant_of(form)
            self.count(request, reader.tenant)
            async with await self._attempt(request, reader.tenant) as attempt:
                return await self._answer(form, attempt, reader, act)

    def _reader(self, rule: FormRule, tenant: str, attempt: Attempt | None) -> FormReader:
        return FormReader(
            rule,
            self.backend.blobs,
            tenant,
            keep=attempt is None or not attempt.answered,
            whole=attempt is None or attempt.keyed,
            whole_bodies=self._whole_bodies,
        )

    async def _answer(self, form: Form, attempt: Attempt, reader: FormReader, act: Act) -> Response:
        replay = attempt.match(form.fingerprint)
        if replay is not None:
            return respond(replay, replayed=True)
        self._check_urls(form)
        form.check()
        return respond(await act(form, attempt, reader))

    def _check_urls(self, form: Form) -> None:
        """Raises ApiError for a URL that is never opened. Social media are left to the task, which says so."""
        for role, ref in form.files.items():
            try:
                if ref.url is not None:
                    self.urls.check_url(ref.url)
            except UrlRefused as refusal:
                if refusal.code != "unsupported_url_source":
                    raise invalid(role, f"is refused: {refusal.message}") from None

    async def once(
        self,
        request: Request,
        tenant: str,
        fingerprint: str,
        act: Callable[[], StoredReply],
        *,
        case_id: str | None = None,
    ) -> Response:
        """Runs a blocking `act` that creates something, or answers what it answered to the same request before.

        Args: case_id: the case that the reply speaks of: erasing it erases the stored reply.
        """
        async with await self._attempt(request, tenant) as attempt:
            reply = attempt.match(fingerprint)
            if reply is not None:
                return respond(reply, replayed=True)
            reply = await to_the_end(self.threads.call(act))
            await attempt.complete(reply, case_id)
            return respond(reply)

    async def need_gallery(self, tenant: str, gallery: str) -> None:
        """Raises ApiError `not_found` unless the tenant has a gallery of that name."""
        if gallery not in await self.threads.call(self.backend.galleries.list, tenant):
            raise ApiError("not_found", "there is no such gallery")

    def count(self, request: Request, tenant: str) -> None:
        """Counts the request against the tenant's rate limit. Raises ApiError `rate_limited`."""
        self._take(self._limiter, request, tenant)

    def count_draw(self, request: Request, tenant: str) -> None:
        """Counts a challenge that is set against the tenant's rate limit for these. Raises ApiError `rate_limited`."""
        self._take(self._draws, request, tenant)

    @staticmethod
    def _take(limiter: RateLimiter, request: Request, tenant: str) -> None:
        headers, wait_s = limiter.take(tenant)
        exchange_of(request).headers.extend(headers)
        if wait_s is not None:
            raise rate_limited(wait_s)

    async def _commit(
        self,
        spec: TaskSpec,
        attempt: Attempt,
        reader: FormReader,
        render: Callable[[Task], StoredReply] | None = None,
    ) -> Task:
        """Submits the task; its files are its own from then on."""
        return await to_the_end(self._submit(spec, attempt, reader, render))

    async def _submit(
        self, spec: TaskSpec, attempt: Attempt, reader: FormReader, render: Callable[[Task], StoredReply] | None
    ) -> Task:
        try:
            task = await self.threads.call(
                self.backend.tasks.submit, spec, limits=self.limits, reply=render, key=attempt.claim
            )
        except QueueFull as full:
            raise rate_limited(full.retry_after, "the queue is full") from None
        except TicketUsed:
            raise refused("session_info was used before: ask for a new challenge") from None
        except Conflict:
            raise ApiError("request_in_progress", headers={"Retry-After": "1"}) from None
        reader.stored.clear()
        self.backend.wake()
        return task

    async def _attempt(self, request: Request, tenant: str) -> Attempt:
        key, exchange = key_of(request), exchange_of(request)
        claim = None
        if key is not None:
            scope = f"{tenant} {request.method} {request.scope['path']}"
            claim = await self.threads.call(self.backend.idempotency.begin, scope, key)

        def refusal(error: ApiError) -> StoredReply:
            facade, host = exchange.facade, self.backend.settings.public_host
            return StoredReply(
                error.status, facade.error_body(error, exchange.request_id, host, exchange.path), facade.error_type
            )

        return Attempt(self.threads, self.backend.idempotency, claim, refusal)


@asynccontextmanager
async def _settled(reader: FormReader) -> AsyncIterator[None]:
    """Deletes files that nobody took over; refusals repeat what the client named its request by."""
    try:
        yield
    except ApiError as refusal:
        refusal.members |= reader.form.echo
        raise
    finally:
        await to_the_end(reader.discard())


def intake_of(request: Request) -> Intake:
    """The intake of the app that serves the request."""
    intake: Intake = request.app.state.intake
    return intake


def exchange_of(request: Request) -> Exchange:
    """The exchange that `HttpMechanics` opened for the request."""
    exchange: Exchange = request.scope["exchange"]
    return exchange


def json_reply(values: Mapping[str, Any] | Sequence[Any], status: int = 200) -> StoredReply:
    """JSON values as a reply."""
    text = json.dumps(values, separators=(",", ":"), ensure_ascii=False)
    # Half a surrogate pair, which clients may send escaped and UTF-8 cannot hold, goes back as it came.
    return StoredReply(status, text.encode("utf-8", "backslashreplace"), "application/json")


def respond(reply: StoredReply, *, replayed: bool = False) -> Response:
    """A reply as a response."""
    headers = {"Idempotency-Replayed": "true"} if replayed else None
    return Response(reply.body, reply.status, headers, reply.content_type)
