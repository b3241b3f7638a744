"""Network faults: a TCP proxy that breaks the responses of a server, and a port on which nothing listens."""

import contextlib
import socket
import struct
import threading
import time


class FaultProxy:
    """Forwards to `port` on loopback from its own `port`.

    Faults (toxiproxy's names, with their argument) apply to responses: `latency` s before the first byte; `timeout`
    no byte at all; `reset` a RST after n bytes; `limit` a clean end after n bytes; `slicer` (n, s) n bytes every s
    seconds, (n, s, m) after the first m bytes; `slow_close` s before the connection ends. They apply to the next
    `times` connections, -1 means all.
    """

    def __init__(self, port):
        self.upstream = port
        self.fault, self.arg, self.times = "", None, 0
        self.connections = 0
        self._stopped = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._acceptor = threading.Thread(target=self._accept, daemon=True)
        self._acceptor.start()

    def set_fault(self, fault, arg=None, times=-1):
        """Set the fault of the next `times` connections."""
        self.fault, self.arg, self.times = fault, arg, times

    def close(self):
        """Stop listening and forwarding."""
        self._stopped.set()
        socket.create_connection(("127.0.0.1", self.port)).close()  # wakes the thread that waits for a connection
        self._acceptor.join()
        self._listener.close()

    def _accept(self):
        while not self._stopped.is_set():
            client, _ = self._listener.accept()
            if self._stopped.is_set():
                client.close()
                return
            self.connections += 1
            fault = self.fault if self.times else ""
            self.times -= bool(self.times)
            server = socket.create_connection(("127.0.0.1", self.upstream))
            threading.Thread(target=self._pump, args=(client, server), daemon=True).start()
            threading.Thread(target=self._answer, args=(server, client, fault, self.arg), daemon=True).start()

    def _pump(self, source, sink):
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)

    def _answer(self, server, client, fault, arg):
        with contextlib.suppress(OSError), server, client:
            if fault == "timeout":
                self._stopped.wait(60)
                return
            sent = 0
            while data := server.recv(65536):
                if fault == "latency" and not sent:
                    time.sleep(arg)
                if fault in ("reset", "limit"):
                    data = data[: arg - sent]
                if fault == "slicer":
                    whole = max(0, arg[2] - sent) if len(arg) > 2 else 0
                    client.sendall(data[:whole])
                    self._drip(client, data[whole:], *arg[:2])
                else:
                    client.sendall(data)
                sent += len(data)
                if fault == "reset" and sent >= arg:
                    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                if fault in ("reset", "limit") and sent >= arg:
                    client.shutdown(socket.SHUT_RD)
                    return
            if fault == "slow_close":
                time.sleep(arg)

    def _drip(self, client, data, size, pause):
        for i in range(0, len(data), size):
            client.sendall(data[i : i + size])
            if self._stopped.wait(pause):
                return


def closed_port():
    """Return a port on which nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]
