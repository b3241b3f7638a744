"""The routes of sidecar API v1.

POST /v1/label      a batch of events -> the model's verdicts (contract/wire.py, contract/reply.py)
POST /v1/embed      the same with options.embedding set: every result whose status is ok carries `embedding`, the
                    event's vector of unit length; equal events have equal vectors
POST /v1/inspect    how each event is read: format, family, kind, fields, canonical form, tokens, rules
GET  /v1/model      the model: name, version, sha256, evaluation figures
GET  /health/live   200 while the event loop is responsive
GET  /health/ready  200 while requests are accepted, else 503 with the reason. Both health routes name service and
                    interface version and need no token, so that a client can identify the service first
GET  /metrics       Prometheus text format
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from loglm_bridge import __version__
from loglm_bridge.contract.entity_state import EntityState
from loglm_bridge.contract.errors import LogLMError, NotReady, Overloaded, TooLarge
from loglm_bridge.contract.event import Event
from loglm_bridge.contract.limits import API_VERSION, SERVICE
from loglm_bridge.contract.reply import join_reply
from loglm_bridge.contract.wire import Request as Batch
from loglm_bridge.sidecar import json_codec
from loglm_bridge.sidecar.http import responses
from loglm_bridge.sidecar.http.admission import Admission
from loglm_bridge.sidecar.http.request_body import parse_request
from loglm_bridge.sidecar.inference.batch_scheduler import Scheduler
from loglm_bridge.sidecar.inference.model_backend import Model
from loglm_bridge.sidecar.inference.model_call import EncodedVerdict
from loglm_bridge.sidecar.inference.model_supervisor import ModelSupervisor
from loglm_bridge.sidecar.inference.watchdog import HungError, Watchdog
from loglm_bridge.sidecar.metrics import Metrics

#: Maximum bytes of a body that is parsed on the event loop; larger ones are parsed in a thread.
_MAX_INLINE_PARSE = 65_536

#: Maximum events of an inspection, and the seconds that it may take.
MAX_INSPECTED, INSPECTION_SECONDS = 100, 10.0

_IDENTITY = {"service": SERVICE, "api": API_VERSION, "version": __version__}


@dataclass(frozen=True)
class Api:
    """The request handlers."""

    supervisor: ModelSupervisor
    admission: Admission
    scheduler: Scheduler
    metrics: Metrics
    watchdog: Watchdog

    async def label(self, request: Request) -> Response:
        """Answer POST /v1/label."""
        return await self._answer(request, embed=False)

    async def embed(self, request: Request) -> Response:
        """Answer POST /v1/embed."""
        return await self._answer(request, embed=True)

    async def inspect(self, request: Request) -> Response:
        """Answer POST /v1/inspect: a slow path for people, so few events at a time."""
        model = self.supervisor.ready_model()
        with self.admission.body(int(request.headers["content-length"])):
            batch = await self._parse(request)
            if len(batch.events) > MAX_INSPECTED:
                raise TooLarge(f"at most {MAX_INSPECTED} events can be inspected at a time", where="/events")
            inspected = await self._inspected(model, batch.events)
        return responses.json_response({"api": API_VERSION, "model": model.id._asdict(), "results": inspected})

    async def _inspected(self, model: Model, events: Sequence[Event]) -> list[dict[str, Any]]:
        with self.admission.batch(len(events)):
            call = self.watchdog.call(lambda: [model.inspect(event) for event in events], INSPECTION_SECONDS)
            try:
                return await call
            except HungError as error:
                raise Overloaded("the events could not be read in time") from error

    async def model(self, _: Request) -> Response:
        """Answer GET /v1/model."""
        return responses.json_response(self.supervisor.ready_model().describe())

    async def live(self, _: Request) -> Response:
        """Answer GET /health/live."""
        return responses.json_response(_IDENTITY | {"live": True})

    async def ready(self, _: Request) -> Response:
        """Answer GET /health/ready."""
        reason = self.supervisor.not_ready_reason
        if not reason:
            return responses.json_response(_IDENTITY | {"ready": True})
        error = NotReady(f"the sidecar is not ready: {reason}")
        data = _IDENTITY | {"ready": False, "reason": reason} | error.to_dict()
        return responses.json_response(data, error.status, {"Retry-After": responses.RETRY_AFTER})

    async def expose_metrics(self, _: Request) -> Response:
        """Answer GET /metrics."""
        model = self.supervisor.last_model
        text = self.metrics.expose(model.id if model else None, model.caches() if model else {})
        return Response(text, media_type="text/plain; version=0.0.4; charset=utf-8")

    async def _answer(self, request: Request, embed: bool) -> Response:
        started = time.monotonic()
        model_id = self.supervisor.ready_model().id
        with self.admission.body(int(request.headers["content-length"])):
            batch = await self._parse(request)
            options = batch.options._replace(embedding=True) if embed else batch.options
            state = None if batch.state is None else EntityState(batch.state)
            verdicts = await self._label(request, batch._replace(options=options), state)
            if self.supervisor.last_model is None or self.supervisor.last_model.id != model_id:
                raise NotReady("the model was replaced meanwhile")
            outgoing = json_codec.encode(state.outgoing) if state else None
            reply = join_reply(model_id, [verdict.body for verdict in verdicts], options.distinct, outgoing)
        self.metrics.request_seconds.add(time.monotonic() - started)
        return responses.json_response(reply)

    async def _parse(self, request: Request) -> Batch:
        body = await request.body()
        if len(body) <= _MAX_INLINE_PARSE:
            return parse_request(body)
        return await self.watchdog.call(lambda: parse_request(body))

    async def _label(self, request: Request, batch: Batch, state: EntityState | None) -> list[EncodedVerdict]:
        """Label a batch and count the outcomes of its events."""
        count, failure = len(batch.events), "internal"
        self.metrics.events_received.add(amount=count)
        statuses: Counter[str] = Counter()
        try:
            with self.admission.batch(count):
                verdicts = await _while_connected(request, self.scheduler.run(batch.events, batch.options, state))
            statuses.update(verdict.status for verdict in verdicts)
        except LogLMError as error:
            failure = error.code
            raise
        except (ClientDisconnect, asyncio.CancelledError):
            failure = "gone"
            raise
        finally:
            for outcome, number in (statuses or {failure: count}).items():
                self.metrics.events.add(outcome, number)
        return verdicts


def application(api: Api) -> Starlette:
    """Return the ASGI application of the routes, without access control."""
    app = Starlette(
        routes=[
            Route("/v1/label", api.label, methods=["POST"]),
            Route("/v1/embed", api.embed, methods=["POST"]),
            Route("/v1/inspect", api.inspect, methods=["POST"]),
            Route("/v1/model", api.model),
            Route("/health/live", api.live),
            Route("/health/ready", api.ready),
            Route("/metrics", api.expose_metrics),
        ],
        exception_handlers={
            LogLMError: responses.on_error,
            HTTPException: responses.on_http_error,
            MemoryError: responses.on_memory_error,
            ClientDisconnect: responses.on_client_disconnect,
            Exception: responses.on_unexpected_error,
        },
    )
    app.router.redirect_slashes = False
    return app


async def _while_connected(request: Request, work: Coroutine[None, None, list[EncodedVerdict]]) -> list[EncodedVerdict]:
    """Return the result of `work`; cancel it when its client disconnects, so that the queue holds no abandoned work."""
    task, disconnect = asyncio.create_task(work), asyncio.create_task(_disconnect(request))
    try:
        await asyncio.wait({task, disconnect}, return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            raise ClientDisconnect
        return task.result()
    finally:
        task.cancel()
        disconnect.cancel()


async def _disconnect(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
