"""Passwords and signatures in URLs reach no file and no message."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from helpers import Run
from toy_corpus import sentences

from w2v.base.errors import W2VError, without_secrets
from w2v.reports import Reporter

TEXT = "".join(f"{' '.join(line)}\n" for line in sentences(300)).encode()
SECRETS = ("PASS", "SIG")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("https://me:PASS@host/a.txt", "https://host/a.txt"),
        ("https:/me:PASS@host/a.txt: no", "https://host/a.txt: no".replace("//", "/")),
        ("no file https://host/a?x=SIG&y=SIG; check", "no file https://host/a?...; check"),
        ("'s3://KEY:PASS@bucket/a', 'http://h/b#SIG'", "'s3://bucket/a', 'http://h/b?...'"),
        ("url='http://u@h/x?SIG')", "url='http://h/x?...')"),
        ("https://host/a?... and http://h/b?...", "https://host/a?... and http://h/b?..."),
        ("C:/a?b and me@host and a: b/c?d", "C:/a?b and me@host and a: b/c?d"),
        ("s3://bucket/a b", "s3://bucket/a b"),
    ],
)
def test_secrets_are_left_out(text: str, shown: str) -> None:
    assert without_secrets(text) == shown
    assert str(W2VError(text)) == shown
    told: list[str] = []
    reporter: Any = Reporter()
    reporter.warning = reporter.info = told.append
    reporter.warn(text)
    reporter.tell(text)
    assert told == [shown, shown]


@pytest.fixture
def server() -> Iterator[str]:
    """A server with a text, for those who know the signature."""

    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self.do_GET()

        def do_GET(self) -> None:
            self.send_response(200 if "SIG" in self.path and "none" not in self.path else 403)
            self.send_header("Content-Length", str(len(TEXT)))
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(TEXT)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as found:
        thread = threading.Thread(target=found.serve_forever)
        thread.start()
        yield f"http://me:PASS@127.0.0.1:{found.server_port}"
        found.shutdown()
        thread.join()


@pytest.mark.parametrize("end", [".bin?X-Amz-Signature=SIG", "?sig=SIG", ".odd?a=b#tok=SIG", ".w2v?a=SIG"])
@pytest.mark.parametrize(
    "command", ["info {}", "similar a --vectors {}", "convert {} v.bin", "convert small.vec {}", "train {}", "plot {}"]
)
def test_a_url_that_cannot_be_used_is_named_without_secrets(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str, end: str
) -> None:
    monkeypatch.setattr("w2v.base.stores.WAITS_S", ())
    (tmp_path / "small.vec").write_text("2 1\na 1\nb 2\n")
    done = run(*command.format(f"http://me:PASS@127.0.0.1:9/c{end}").split())
    assert done.status in (1, 2) and "127.0.0.1:9/c" in done.err and done.err.count("\n") == 1
    assert not [secret for secret in SECRETS if secret.lower() in done.err.lower()]


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_a_run_on_a_signed_url_keeps_no_secret_and_is_resumed(
    run: Run, server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("aiohttp")
    monkeypatch.setattr("w2v.base.stores.WAITS_S", ())
    url = f"{server}/c.txt?X-Amz-Signature=SIG"
    more = ("--dim", "8", "--epochs", "2", "--threads", "1", "--checkpoint", "kept", "-o", "v.w2v")
    done = run("train", url, *more, "--log-json", "log.jsonl")
    assert done.status == 0, done.err
    first = Path("v.w2v/vectors.npy").read_bytes()
    refused = run("train", f"{server}/none.txt?X-Amz-Signature=SIG", "-o", "w.bin")
    assert refused.status == 1 and "none.txt" in refused.err
    assert run("train", "--resume", "kept").status == 0
    assert Path("v.w2v/vectors.npy").read_bytes() == first
    texts = [
        done.err,
        refused.err,
        *(path.read_bytes().decode("latin1") for path in tmp_path.rglob("*") if path.is_file()),
    ]
    assert not [text for text in texts for secret in SECRETS if secret in text]
