# SPDX-License-Identifier: Apache-2.0
"""Receivers of webhooks on loopback, each answering in its own way, and the
check of a signature written from the specification alone."""
import base64, hashlib, hmac, http.server, json, socket, threading, time


class Receiver:
    """`answer(handler, n)` answers the n-th request (from 1); the default says 204."""

    def __init__(self, answer=None, tls=None):
        self.got, self.lock, self.answer = [], threading.Lock(), answer or (lambda h, n: reply(h, 204))
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                with outer.lock:
                    outer.got.append(Message(self.path, {k.lower(): v for k, v in self.headers.items()}, body))
                    n = len(outer.got)
                try:
                    outer.answer(self, n)
                except OSError:
                    pass
                self.close_connection = True

            do_GET = do_POST

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            request_queue_size = 128
            daemon_threads = True

            def handle_error(self, *_):
                pass
        self.server = Server(("127.0.0.1", 0), Handler)
        if tls:
            self.server.socket = tls.wrap_socket(self.server.socket, server_side=True)
        self.port = self.server.server_address[1]
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}/hook"
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def messages(self):
        with self.lock:
            return list(self.got)

    def ids(self):
        return [m.headers["webhook-id"] for m in self.messages()]

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


class Message:
    def __init__(self, path, headers, body):
        self.path, self.headers, self.body, self.at = path, headers, body, time.time()

    def json(self):
        return json.loads(self.body)

    def signed_by(self, secret):
        """How many of its signatures are by this secret."""
        key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
        text = b".".join((self.headers["webhook-id"].encode(), self.headers["webhook-timestamp"].encode(), self.body))
        want = b"v1," + base64.b64encode(hmac.new(key, text, hashlib.sha256).digest())
        return sum(hmac.compare_digest(want, s.encode()) for s in self.headers["webhook-signature"].split(" "))


def reply(h, status, headers=(), body=b""):
    h.send_response(status)
    for k, v in headers:
        h.send_header(k, v)
    h.send_header("Content-Length", str(len(body)))
    h.end_headers()
    h.wfile.write(body)


def says(*statuses):
    """These in turn, the last one for ever."""
    return lambda h, n: reply(h, statuses[min(n, len(statuses)) - 1])


def hangs(h, n):
    """Takes the request and never answers."""
    h.connection.settimeout(60)
    h.connection.recv(1)


def floods(h, n):
    """500, and a body without end."""
    h.send_response(500)
    h.end_headers()
    while True:
        h.wfile.write(b"more " * 4096)


def drips(h, n):
    """A head that never ends, a byte at a time."""
    h.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    for _ in range(600):
        h.wfile.write(b"x")
        time.sleep(0.1)


def redirects(to):
    return lambda h, n: reply(h, 307, [("Location", to)])


def nobody():
    """A URL where nobody listens."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{s.getsockname()[1]}/hook"
