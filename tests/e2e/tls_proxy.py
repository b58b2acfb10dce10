"""An HTTPS proxy in place of API Gateway, so that a program can use the URLs in the outputs.

A program that uses this proxy and trusts its root certificate reaches the emulated API under its real name.
"""

import contextlib
import http.server
import ssl
import threading
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import authority
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from stack import Answer, Stack

ROOT, CHAIN = "proxy-root.pem", "proxy.pem"


def create(folder: Path, host: str) -> None:
    """Writes a root certificate, and a certificate of one host with its key."""
    root_key, key = authority.rsa_key(), authority.rsa_key()
    ca = [(x509.BasicConstraints(ca=True, path_length=None), True), (authority.key_usage(certify=True), True)]
    root = authority.certificate("proxy", "proxy", root_key.public_key(), ca).sign(root_key, hashes.SHA256())
    names = [(x509.SubjectAlternativeName([x509.DNSName(host)]), False)]
    leaf = authority.certificate(host, "proxy", key.public_key(), names).sign(root_key, hashes.SHA256())
    pem = serialization.Encoding.PEM
    (folder / ROOT).write_bytes(root.public_bytes(pem))
    (folder / CHAIN).write_bytes(leaf.public_bytes(pem) + authority.private_pem(key))


@dataclass
class Proxy:
    """The running proxy; `statuses` overrides answers, by path."""

    stack: Stack
    folder: Path
    port: int = 0
    statuses: dict[str, int] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        """The environment for a program that uses this proxy."""
        return {"https_proxy": f"http://127.0.0.1:{self.port}", "SSL_CERT_FILE": str(self.folder / ROOT)}

    def answer(self, path: str, headers: dict[str, str], body: bytes) -> Answer:
        parts = urlsplit(path)
        kept = {key: value for key, value in headers.items() if key.lower() in ("authorization", "content-type")}
        answer = self.stack.post(parts.path, body, kept, parts.query)
        return Answer(self.statuses.get(parts.path, answer.status), answer.headers, answer.body)


@contextlib.contextmanager
def running(stack: Stack, folder: Path):
    """The proxy for the webhooks of a stack."""
    create(folder, urlsplit(stack.outputs["SnsWebhookUrl"]).hostname)
    proxy = Proxy(stack, folder)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / CHAIN)

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_CONNECT(self):
            self.send_response(200)
            self.end_headers()
            self.connection = context.wrap_socket(self.connection, server_side=True)
            self.setup_again()
            self.handle_one_request()
            self.close_connection = True

        def setup_again(self):
            self.rfile, self.wfile = self.connection.makefile("rb"), self.connection.makefile("wb", 0)

        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            answer = proxy.answer(self.path, dict(self.headers), body)
            self.send_response(answer.status)
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    proxy.port = server.server_port
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield proxy
    finally:
        server.shutdown()
        server.server_close()
