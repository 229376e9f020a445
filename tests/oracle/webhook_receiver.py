# SPDX-License-Identifier: Apache-2.0
"""A webhook that is as bad as real ones: says 500, hangs, closes without an answer, is away for a while. It writes down
all that arrives."""
import json
import random
import threading
import time
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Arrival:
    key: str
    event: str
    alert: dict
    body: str  # all but the time of sending
    taken: bool  # answered 200


class Receiver:
    """start() and stop() may alternate; the port stays. Requests come in threads of their own."""

    def __init__(self, seed):
        self.dice = random.Random(seed)
        self.healthy = False
        self.arrivals = []
        self.broken = []  # what arrived and was no notification
        self.port = 0
        self.server = None
        self.lock = threading.Lock()

    def start(self):
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            timeout = 5

            def do_POST(self):
                receiver.answer(self)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def stop(self):
        if self.server:
            self.server.shutdown()
            self.server.server_close()
            self.server = None

    def answer(self, request):
        body = request.rfile.read(int(request.headers.get("Content-Length", 0)))
        with self.lock:
            what = "200" if self.healthy else self.dice.choices(["200", "500", "slow", "cut"], [80, 12, 4, 4])[0]
            self.write_down(request.headers.get("Idempotency-Key"), body, what in ("200", "slow"))
        if what in ("slow", "cut"):
            time.sleep(0.3 if what == "slow" else 0.05)
        if what == "cut":
            request.close_connection = True
            return
        request.send_response(500 if what == "500" else 200)
        request.send_header("Content-Length", "0")
        request.end_headers()

    def write_down(self, key, body, taken):
        try:
            content = json.loads(body)
            content.pop("sent")
            body = json.dumps(content, sort_keys=True)
            self.arrivals.append(Arrival(key, content["event"], content["alert"], body, taken))
        except (ValueError, KeyError) as error:
            self.broken.append(f"{error!r}: {body[:200]!r}")

    def seen(self):
        with self.lock:
            return list(self.arrivals), list(self.broken)
