"""What the server's tests stand on: a scratch folder with runs, a server over it, and requests as raw as needed."""
import functools
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "web"))
from make_fake_run import Run, write_generator  # noqa: E402

PATIENCE = 30  # seconds to wait for what should come at once


class Answer:
    def __init__(self, raw):
        head, _, self.body = raw.partition(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        self.status = int(lines[0].split()[1]) if raw else None
        self.headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines[1:])}

    def json(self):
        return json.loads(self.body)


class Server:
    """`dcgan serve` over a folder, on a free port."""

    program = None  # set by run_tests.py

    def __init__(self, folder, *options):
        self.state = tempfile.mkdtemp(prefix="dcgan-state-")
        environment = os.environ | {"XDG_STATE_HOME": self.state}
        command = [self.program, "serve", str(folder), "--port", "0", *options]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, env=environment, text=True)
        self.port = self.token = None
        for line in self.process.stdout:
            found = re.search(r":(\d+)/\?token=(\w+)", line)
            if found:
                self.port, self.token = int(found[1]), found[2]
                break

    def cookie(self):
        return f"dcgan-{self.token[:8]}={self.token}"

    def connect(self, source=None):
        return socket.create_connection(("127.0.0.1", self.port), PATIENCE, source and (source, 0))

    def send(self, request):
        """Sends bytes as they are and reads until the server closes."""
        with self.connect() as connection:
            try:
                connection.sendall(request)
                return Answer(b"".join(iter(lambda: connection.recv(65536), b"")))
            except (ConnectionResetError, BrokenPipeError):
                return Answer(b"")

    def get(self, target, method="GET", host=None, cookie=True, headers=(), body=b""):
        lines = [f"{method} {target} HTTP/1.1", f"Host: {host or f'127.0.0.1:{self.port}'}", "Connection: close"]
        if cookie:
            lines.append(f"Cookie: {self.cookie() if cookie is True else cookie}")
        return self.send("\r\n".join([*lines, *headers, "", ""]).encode() + body)

    def is_alive(self):
        return self.process.poll() is None and self.get("/api/runs").status == 200

    def memory(self):
        """Peak resident bytes."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmHWM:\s+(\d+)", status)[1]) * 1024

    def open_files(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def stop(self):
        self.process.terminate()
        code = self.process.wait(PATIENCE)
        self.process.stdout.close()
        shutil.rmtree(self.state)
        return code


class Case(unittest.TestCase):
    """A scratch folder with one small run, `faces`, and a server over it."""

    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="dcgan-serve-"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.run_folder = self.folder / "runs" / "faces"
        make_run(self.run_folder)
        self.server = Server(self.folder / "runs")
        self.addCleanup(self.stop_server)

    def stop_server(self):
        self.assertEqual(self.server.stop(), 0)

    def refused(self, status, target, **request):
        self.assertEqual(self.server.get(target, **request).status, status, target)


@functools.cache
def template():
    folder = tempfile.TemporaryDirectory(prefix="dcgan-template-")
    run = Run(folder.name, steps=40, epochs=2, seed=1)
    run.start()
    run.log(1, 40)
    run.event("warning", 20, cause="overfitting", text="Cause. Remedy.")
    run.event("finished", 40, state="done")
    write_generator(run.path, 1)
    return folder


def make_run(folder):
    shutil.copytree(template().name, folder)


def columns_header(answer):
    return json.loads(answer.body[: answer.body.index(b"\n")])
