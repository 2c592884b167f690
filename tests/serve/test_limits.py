"""What one server spends at most: connections, headers, memory, time."""
import random
import resource
import select
import socket
import time
from pathlib import Path

from rig import Case, Server

MEGABYTE = 1 << 20
MOST_FILES = 300  # the server's connections and its own
LINES = 1_000_000


def is_sanitized():
    return b"__asan_init" in Path(Server.program).read_bytes()


class Limits(Case):
    connections = 2000  # run_tests.py --long: 10,000
    patient = False

    def open_slowly(self, number):
        """Connects from one of 200 addresses and sends a part of a request; never waits."""
        connection = socket.socket()
        connection.setblocking(False)
        connection.bind((f"127.0.0.{number % 200 + 2}", 0))
        connection.connect_ex(("127.0.0.1", self.server.port))
        try:
            connection.send(b"GET / HTTP/1.1\r\nHost: loc")
        except OSError:
            pass  # it waits for its turn
        return connection

    def test_many_slow_connections(self):
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        count = min(self.connections, hard - 100)
        held = []
        for number in range(count):
            held.append(self.open_slowly(number))
            if number % 100 == 0:
                self.assertLess(self.server.open_files(), MOST_FILES)
        time.sleep(1)
        self.assertLess(self.server.open_files(), MOST_FILES)
        if not is_sanitized():
            self.assertLess(self.server.memory(), 100 * MEGABYTE)
        for connection in held:
            connection.close()
        self.assertTrue(self.server.is_alive())

    def test_one_address_leaves_room(self):
        held = [socket.create_connection(("127.0.0.1", self.server.port), source_address=("127.0.0.9", 0)) for _ in range(150)]
        self.assertTrue(self.server.is_alive())
        for connection in held:
            connection.close()

    def test_many_streams(self):
        request = f"GET /api/stream HTTP/1.1\r\nHost: localhost\r\nCookie: {self.server.cookie()}\r\n\r\n".encode()
        held = [self.server.connect() for _ in range(40)]
        for connection in held:
            connection.sendall(request)
        statuses = [connection.recv(65536).split()[1] for connection in held]
        self.assertEqual((statuses.count(b"200"), statuses.count(b"503")), (32, 8))
        for connection in held:
            connection.close()
        self.assertTrue(self.server.is_alive())

    def test_oversized_headers(self):
        self.assertIn(self.server.get("/", headers=["X-Large: " + "x" * 100_000]).status, (None, 431))
        self.assertIn(self.server.get("/", headers=[f"X-{i}: 1" for i in range(5000)]).status, (None, 431))
        self.assertIn(self.server.get("/" + "a" * 100_000).status, (None, 414, 431))
        self.assertEqual(self.server.get("/" + "a" * 3000).status, 414)
        self.assertTrue(self.server.is_alive())

    def test_not_http(self):
        for request in (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"GET\r\n\r\n", b"\x00" * 4096, b"\r\n" * 1000):
            with self.server.connect() as connection:
                connection.sendall(request)
        self.assertTrue(self.server.is_alive())

    def test_mutated_requests(self):
        """Whatever arrives, the answer is none, a refusal or a right one."""
        chance = random.Random(7)
        target = "/api/run/faces/metrics?from=1&to=40&width=8"
        good = f"GET {target} HTTP/1.1\r\nHost: localhost\r\nCookie: {self.server.cookie()}\r\nConnection: close\r\n\r\n"
        for _ in range(1500):
            request = bytearray(good.encode())
            for _ in range(chance.randrange(1, 6)):
                place = chance.randrange(len(request))
                request[place : place + chance.randrange(3)] = chance.choice((b"%", b"/", b"..", b"\0", b"\r\n", b"\xff", b" ", b"9"))
            with self.server.connect() as connection:
                connection.sendall(request + b"\r\n\r\n")
                connection.shutdown(socket.SHUT_WR)
                try:
                    answer = connection.recv(65536)
                except ConnectionResetError:
                    continue
                self.assertTrue(answer == b"" or answer.startswith(b"HTTP/1."), request)
        self.assertTrue(self.server.is_alive())

    def test_a_million_lines(self):
        with open(self.run_folder / "metrics.jsonl", "w") as file:
            for step in range(1, LINES + 1):
                file.write(f'{{"step":{step},"epoch":1,"time":{step}.5,"loss_d":0.71,"loss_g":1.{step % 97},"d_real":0.5}}\n')
        for query in ("", "?from=1000&to=900000", "?from=5000&to=5100", "?axis=time&width=2000"):
            self.assertEqual(self.server.get(f"/api/run/faces/metrics{query}").status, 200)
        if is_sanitized():
            self.skipTest("a sanitizer needs memory of its own")
        self.assertLess(self.server.memory(), 100 * MEGABYTE)

    def test_a_request_that_trickles_ends(self):
        if not self.patient:
            self.skipTest("takes half a minute: run_tests.py --long")
        with self.server.connect() as connection:
            for _ in range(60):
                if select.select([connection], [], [], 0)[0]:
                    break
                connection.send(b"G")
                time.sleep(0.5)
            self.assertEqual(connection.recv(100), b"")
