"""The HTTP face as one ASGI app, the same in Serve, under plain uvicorn and in tests."""

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match

from deployments.ingress import docs, service
from deployments.ingress.backend import Backend
from deployments.ingress.errors import from_status
from deployments.ingress.intake import Intake
from deployments.ingress.mechanics import HttpMechanics
from deployments.ingress.metrics import Metrics
from deployments.ingress.native import deepfakes, deliveries, documents, galleries, liveness, reports
from deployments.ingress.oz import analyses, collections, folders, media, sessions
from deployments.ingress.senseid import routes as senseid
from deployments.ingress.sensity import tasks, tokens, webhooks
from deployments.ingress.shareid import routes as shareid
from deployments.ingress.trustmatic import idlive
from deployments.ingress.trustmatic import routes as trustmatic

_OZ = (sessions, folders, media, analyses, collections)
_DOCUMENTS = (trustmatic, idlive, shareid)
_NATIVE = (reports, liveness, documents, deepfakes, galleries, deliveries)
ROUTERS = (service, tokens, tasks, webhooks, senseid, *_OZ, *_DOCUMENTS, *_NATIVE, docs)


def create_app(backend: Backend) -> FastAPI:
    """The app on top of the given stores. Opens nothing itself and starts no background work."""
    app = FastAPI(title="Veriscope", redirect_slashes=False, docs_url=None, redoc_url=None, openapi_url=None)
    app.state.intake = Intake(backend)
    app.state.metrics = Metrics()
    for module in ROUTERS:
        # Flat, since nothing is prefixed: an included router is a second search on every request.
        app.router.routes.extend(module.router.routes)
    app.add_middleware(HttpMechanics, host=backend.settings.public_host, metrics=app.state.metrics)
    app.add_exception_handler(HTTPException, _refuse)
    return app


async def _refuse(request: Request, failure: Exception) -> Response:
    """What the router itself refuses, handed to `HttpMechanics` for the shape of the path's owner."""
    assert isinstance(failure, HTTPException)
    if failure.status_code != 405:
        raise from_status(failure.status_code, failure.headers)
    # The router names the methods of the first route of that path only (RFC 9110 asks for all of them).
    matching = (route for route in request.app.routes if route.matches(request.scope)[0] is not Match.NONE)
    methods = sorted({method for route in matching for method in getattr(route, "methods", ())})
    raise from_status(405, {"Allow": ", ".join(methods)})
