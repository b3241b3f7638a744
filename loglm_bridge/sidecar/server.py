"""`loglm serve`: starts the sidecar, drains it and stops it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
import sys
import time
from collections.abc import Coroutine
from types import FrameType
from typing import Any

import uvicorn

from loglm_bridge.contract.errors import ConfigError, LogLMError, ModelFailed, ModelRefused
from loglm_bridge.sidecar import logs, process_memory
from loglm_bridge.sidecar.config import Settings
from loglm_bridge.sidecar.http import bind
from loglm_bridge.sidecar.http.admission import Admission
from loglm_bridge.sidecar.http.auth import AuthMiddleware
from loglm_bridge.sidecar.http.connection_limits import KEEP_ALIVE_SECONDS, ConnectionLimiter, connection_class
from loglm_bridge.sidecar.http.routes import Api, application
from loglm_bridge.sidecar.http.token import ensure_token
from loglm_bridge.sidecar.inference.batch_scheduler import Scheduler
from loglm_bridge.sidecar.inference.inference import Inference
from loglm_bridge.sidecar.inference.model_backend import Load, load_model, signed_only
from loglm_bridge.sidecar.inference.model_call import ModelCall
from loglm_bridge.sidecar.inference.model_supervisor import ModelSupervisor, self_testing_loader
from loglm_bridge.sidecar.inference.quarantine import Quarantine
from loglm_bridge.sidecar.inference.watchdog import Watchdog, heartbeat
from loglm_bridge.sidecar.logs import details
from loglm_bridge.sidecar.metrics import Metrics
from loglm_bridge.sidecar.open_files import connections_within_limit

#: Exit codes: stopped on request; a setting cannot be used; the model failed for good (EX_SOFTWARE of sysexits.h); the
#: model was refused (EX_CONFIG).
OK, BAD_SETTING, GIVEN_UP, REFUSED = 0, 2, 70, 78

#: Maximum seconds of a TLS handshake; asyncio's own limit is 60.
_HANDSHAKE_SECONDS = 5.0

#: Maximum bytes of a request head.
_MAX_HEAD_BYTES = 16_384

_DRAIN_POLL_SECONDS = 0.02

log = logging.getLogger(__name__)


def serve(settings: Settings, load: Load = load_model) -> int:
    """Run the sidecar until it is stopped; returns the exit code.

    `LogLM sidecar ready on <url>` is the only line on stdout, printed once requests are accepted.
    """
    try:
        logs.configure(settings)
        process_memory.limit_address_space(settings.memory_mb)
        process_memory.share_arenas()
        process_memory.collect_rarely()
        bind.check_tls(settings)
        listener = bind.listen(settings)
        token = ensure_token(settings.token_file)
    except LogLMError as error:
        return _refuse(error, BAD_SETTING)
    except OSError as error:
        return _refuse(LogLMError(f"cannot start ({error.strerror})", where=str(error.filename or "")), BAD_SETTING)
    log.info("starting", extra=details(url=bind.url(settings, listener), settings=settings.redacted()))
    sidecar = Sidecar(settings, listener, token, load)
    with asyncio.Runner(loop_factory=_EventLoop) as runner:
        runner.run(sidecar.serve(sockets=[listener]))
    log.info("stopped", extra=details(code=sidecar.exit_code))
    _flush_standard_streams()
    return sidecar.finish()


class Sidecar(uvicorn.Server):
    """Builds all parts, and starts and stops them in order."""

    def __init__(self, settings: Settings, listener: socket.socket, token: str, load: Load) -> None:
        self.settings, self.exit_code = settings, OK
        self._url = bind.url(settings, listener)
        self._metrics, self._watchdog, self._quarantine = Metrics(), Watchdog(), Quarantine()
        if settings.require_signature:
            load = signed_only(load, settings.require_signature)
        load_tested = self_testing_loader(load, settings.model, settings.threads, settings.profile)
        self._supervisor = ModelSupervisor(load_tested, self._watchdog, self._metrics, lambda: self._exit(GIVEN_UP))
        model_call = ModelCall(self._watchdog, self._metrics)
        inference = Inference(self._supervisor, model_call, self._quarantine, settings.deadline)
        self._scheduler = Scheduler(inference.label, settings.workers)
        self._admission = Admission(settings.queue_bytes, settings.queue_events)
        self._limiter = ConnectionLimiter(connections_within_limit(settings.connections), self._metrics)
        api = Api(self._supervisor, self._admission, self._scheduler, self._metrics, self._watchdog)
        allowed = bind.allowed_hosts(settings, listener)
        self._auth = AuthMiddleware(application(api), allowed, token, self._metrics)
        self._tasks: list[asyncio.Task[None]] = []
        self._add_gauges()
        super().__init__(self._uvicorn_config())

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, then load the model while /health/live already answers."""
        await super().startup(sockets)
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(_LoopErrors().log)
        if isinstance(loop, _EventLoop):
            loop.limiter = self._limiter
        self._scheduler.start()
        self._spawn(
            self._load_model(),
            self._limiter.sweep(self.server_state.connections),
            heartbeat(self.settings.deadline),
        )

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Answer the requests that were accepted, refuse all others with 503, then close."""
        self._supervisor.stop()
        started, accepted = time.monotonic(), self._auth.in_flight
        while self._auth.in_flight and time.monotonic() - started < self.settings.drain:
            await asyncio.sleep(_DRAIN_POLL_SECONDS)
        unanswered = self._auth.in_flight
        seconds = round(time.monotonic() - started, 2)
        log.info("drained", extra=details(requests=accepted, unanswered=unanswered, seconds=seconds))
        # clients have the rest of the time to read their answers
        self.config.timeout_graceful_shutdown = max(1, round(self.settings.drain - seconds))
        self._limiter.stop_accepting()
        await super().shutdown(sockets)
        self._scheduler.stop()
        for task in self._tasks:
            task.cancel()
        self._supervisor.close()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002 (uvicorn calls it)
        """Stop at the first signal, exit at the second. (uvicorn's own would end with the signal, not with code 0.)"""
        if self.should_exit:
            os._exit(128 + sig)
        self._supervisor.stop()
        self.should_exit = True

    def finish(self) -> int:
        """Return the exit code; end the process at once where native code still runs, as a regular exit would crash."""
        if self._watchdog.running:
            logging.shutdown()
            os._exit(self.exit_code)
        return self.exit_code

    async def _load_model(self) -> None:
        started = time.monotonic()
        try:
            await self._supervisor.start()
        except (ModelRefused, ModelFailed, ConfigError) as error:
            self._exit(_refuse(error, BAD_SETTING if isinstance(error, ConfigError) else REFUSED))
        except Exception as error:
            log.error("model cannot be loaded", exc_info=error)
            self._exit(_refuse(ModelRefused(f"the model cannot be loaded ({type(error).__name__})"), REFUSED))
        else:
            process_memory.exclude_loaded_objects()
            self._announce(round(time.monotonic() - started, 2))

    def _announce(self, seconds: float) -> None:
        if self._supervisor.not_ready_reason:
            return
        model = self._supervisor.ready_model()
        log.info("ready", extra=details(url=self._url, model=str(model.id), seconds=seconds))
        with contextlib.suppress(OSError):  # stdout is closed
            print(f"LogLM sidecar ready on {self._url}", flush=True)

    def _exit(self, code: int) -> None:
        self.exit_code = code
        self.should_exit = True

    def _spawn(self, *work: Coroutine[Any, Any, None]) -> None:
        self._tasks += [asyncio.get_running_loop().create_task(w) for w in work]

    def _add_gauges(self) -> None:
        self._metrics.gauges |= {
            "loglm_ready": ("1 while requests are accepted.", lambda: not self._supervisor.not_ready_reason),
            "loglm_requests_in_flight": ("Requests not yet answered.", lambda: self._auth.in_flight),
            "loglm_queue_events": ("Events that wait or are being labelled.", lambda: self._admission.events),
            "loglm_queue_bytes": ("Bytes of request bodies in memory.", lambda: self._admission.bytes),
            "loglm_open_connections": ("Open connections.", lambda: len(self.server_state.connections)),
            "loglm_quarantined_events": ("Events withheld from the model.", lambda: len(self._quarantine)),
            "loglm_hanging_calls": ("Calls of the model that hang.", lambda: self._watchdog.all_hung),
        }

    def _uvicorn_config(self) -> uvicorn.Config:
        return uvicorn.Config(
            self._auth,
            http=connection_class(self._limiter),
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
            h11_max_incomplete_event_size=_MAX_HEAD_BYTES,
            ssl_certfile=self.settings.tls_cert,
            ssl_keyfile=self.settings.tls_key,
        )


class _EventLoop(asyncio.SelectorEventLoop):
    """An event loop that bounds TLS handshakes; `limiter` counts them."""

    limiter: ConnectionLimiter | None = None

    async def _accept_connection2(self, protocol_factory: Any, conn: socket.socket, *args: Any, **kwargs: Any) -> None:
        """Set up a connection: with TLS, until its handshake is done. Overrides asyncio's."""
        tls = bool(args[1:] and args[1])  # (extra, sslcontext, ...)
        with self.limiter.handshake() if self.limiter and tls else contextlib.nullcontext(True) as admitted:
            if admitted:
                await super()._accept_connection2(protocol_factory, conn, *args, **kwargs)  # type: ignore[misc]
            else:
                conn.close()

    async def create_server(self, *args: Any, **kwargs: Any) -> asyncio.Server:
        """Create a server, with a limit on the TLS handshake that uvicorn has no setting for."""
        if kwargs.get("ssl"):
            kwargs["ssl_handshake_timeout"] = _HANDSHAKE_SECONDS
        return await super().create_server(*args, **kwargs)


class _LoopErrors:
    """Logs errors outside of any request; asyncio's own handler would print objects with their contents."""

    def __init__(self) -> None:
        self._throttle = logs.Throttle()

    def log(self, _: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """Log an error, one of a kind a minute."""
        error, message = context.get("exception"), context.get("message", "")
        if isinstance(error, ConnectionError):
            log.debug("connection lost", exc_info=error)
            return
        suppressed = self._throttle.suppressed(f"{message} {type(error).__name__}"[:200])
        if suppressed is not None:
            log.error("event loop: %s", message, exc_info=error, extra=details(more_before=suppressed))


def _flush_standard_streams() -> None:
    """Flush stdout and stderr; replace a closed one, whose flush at exit would change the exit code."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _refuse(error: LogLMError, code: int) -> int:
    log.error("refused to serve", extra=details(reason=str(error), code=code))
    print(f"loglm serve: {error.user_message()}", file=sys.stderr)
    return code
