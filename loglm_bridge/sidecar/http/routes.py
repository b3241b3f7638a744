"""The routes of sidecar API v1.

POST /v1/label      a batch of events -> the model's verdicts (contract/wire.py, DESIGN.md 2.1)
POST /v1/embed      the same, with options.embedding taken as true: every result whose status is ok carries
                    `embedding`, the event's vector of unit length; equal events have equal vectors
GET  /v1/model      what the model is: name, version, sha256, figures
GET  /health/live   200 as long as the process turns
GET  /health/ready  200 when requests are taken, else 503 with the reason; both name service and interface
                    version and need no token, so that a client can make sure whom it talks to
GET  /metrics       Prometheus text format
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Coroutine
from dataclasses import dataclass

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from loglm_bridge import __version__
from loglm_bridge.contract.entity_state import EntityState
from loglm_bridge.contract.errors import LogLMError, NotReady
from loglm_bridge.contract.limits import API_VERSION, SERVICE
from loglm_bridge.contract.reply import join_reply
from loglm_bridge.contract.wire import Request as Batch
from loglm_bridge.sidecar.http import request_body, responses
from loglm_bridge.sidecar.http.admission import Admission
from loglm_bridge.sidecar.inference.batch_scheduler import Scheduler
from loglm_bridge.sidecar.inference.model_call import EncodedVerdict
from loglm_bridge.sidecar.inference.model_supervisor import ModelSupervisor
from loglm_bridge.sidecar.inference.watchdog import Watchdog
from loglm_bridge.sidecar.metrics import Metrics

#: Bodies up to this size are parsed where they arrive; larger ones in a thread, so that others need not wait.
_PARSE_HERE = 65_536

_IDENTITY = {"service": SERVICE, "api": API_VERSION, "version": __version__}


@dataclass(frozen=True)
class Api:
    """The handlers, over the parts that do the work."""

    keeper: ModelSupervisor
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

    async def model(self, _: Request) -> Response:
        """Answer GET /v1/model."""
        return responses.json_answer(self.keeper.ready_model().describe())

    async def live(self, _: Request) -> Response:
        """Answer GET /health/live."""
        return responses.json_answer(_IDENTITY | {"live": True})

    async def ready(self, _: Request) -> Response:
        """Answer GET /health/ready."""
        reason = self.keeper.reason
        if not reason:
            return responses.json_answer(_IDENTITY | {"ready": True})
        error = NotReady(f"the sidecar is not ready: {reason}")
        data = _IDENTITY | {"ready": False, "reason": reason} | error.to_dict()
        return responses.json_answer(data, error.status, {"Retry-After": responses.RETRY_AFTER})

    async def expose(self, _: Request) -> Response:
        """Answer GET /metrics."""
        model = self.keeper.last
        text = self.metrics.expose(model.id if model else None, model.caches() if model else {})
        return Response(text, media_type="text/plain; version=0.0.4; charset=utf-8")

    async def _answer(self, request: Request, embed: bool) -> Response:
        started = time.monotonic()
        model = self.keeper.ready_model().id
        with self.admission.body(int(request.headers["content-length"])):
            batch = await self._read(request)
            options = batch.options._replace(embedding=True) if embed else batch.options
            state = None if batch.state is None else EntityState(batch.state)
            answers = await self._label(request, batch._replace(options=options), state)
            if self.keeper.last is None or self.keeper.last.id != model:
                raise NotReady("the model was replaced meanwhile")
            told = responses.texts(state.outgoing) if state else None
            reply = join_reply(model, [answer.body for answer in answers], options.distinct, told)
        self.metrics.request_seconds.add(time.monotonic() - started)
        return responses.json_answer(reply)

    async def _read(self, request: Request) -> Batch:
        body = await request.body()
        return (
            request_body.read(body)
            if len(body) <= _PARSE_HERE
            else await self.watchdog.call(lambda: request_body.read(body))
        )

    async def _label(self, request: Request, batch: Batch, state: EntityState | None) -> list[EncodedVerdict]:
        """Label a batch and count how its events end."""
        count, outcome = len(batch.events), "internal"
        self.metrics.events_received.add(amount=count)
        ends: Counter[str] = Counter()
        try:
            with self.admission.batch(count):
                answers = await _while_connected(request, self.scheduler.run(batch.events, batch.options, state))
            ends.update(answer.status for answer in answers)
        except LogLMError as error:
            outcome = error.code
            raise
        except (ClientDisconnect, asyncio.CancelledError):
            outcome = "gone"
            raise
        finally:
            for status, number in (ends or {outcome: count}).items():
                self.metrics.events.add(status, number)
        return answers


def application(api: Api) -> Starlette:
    """Return the ASGI application of the routes, without the guard."""
    app = Starlette(
        routes=[
            Route("/v1/label", api.label, methods=["POST"]),
            Route("/v1/embed", api.embed, methods=["POST"]),
            Route("/v1/model", api.model),
            Route("/health/live", api.live),
            Route("/health/ready", api.ready),
            Route("/metrics", api.expose),
        ],
        exception_handlers={
            LogLMError: responses.on_error,
            HTTPException: responses.on_http_error,
            MemoryError: responses.on_no_memory,
            ClientDisconnect: responses.on_client_gone,
            Exception: responses.on_unexpected,
        },
    )
    app.router.redirect_slashes = False
    return app


async def _while_connected(request: Request, work: Coroutine[None, None, list[EncodedVerdict]]) -> list[EncodedVerdict]:
    """Return what `work` returns; stop it when its client leaves, so that the queue holds no work for nobody."""
    task, gone = asyncio.create_task(work), asyncio.create_task(_gone(request))
    try:
        await asyncio.wait({task, gone}, return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            raise ClientDisconnect
        return task.result()
    finally:
        task.cancel()
        gone.cancel()


async def _gone(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
