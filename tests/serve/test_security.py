"""Who is let in, what may be asked for, and that nothing beyond the runs can be reached."""
import os
import socket
import subprocess

from rig import Case, Server

SECRET = b"not for the web"


class Entrance(Case):
    def test_no_token(self):
        for target in ("/", "/app.js", "/api/runs", "/api/stream", "/files/faces/config.json", "/nothing"):
            self.refused(401, target, cookie=False)

    def test_wrong_token(self):
        wrong = self.server.token[:-1] + ("0" if self.server.token[-1] != "0" else "1")
        for presented in (wrong, "", self.server.token[:-1], self.server.token + "0"):
            name = self.server.cookie().split("=")[0]
            self.refused(401, "/api/runs", cookie=f"{name}={presented}")
            self.refused(401, f"/?token={presented}", cookie=False)

    def test_link_sets_the_cookie(self):
        answer = self.server.get(f"/?token={self.server.token}", cookie=False)
        self.assertEqual((answer.status, answer.headers["location"]), (303, "/"))
        cookie = answer.headers["set-cookie"]
        for part in (self.server.cookie(), "HttpOnly", "SameSite=Strict"):
            self.assertIn(part, cookie)
        self.assertEqual(self.server.get("/").status, 200)

    def test_token_opens_the_page_only(self):
        self.refused(401, f"/api/runs?token={self.server.token}", cookie=False)

    def test_foreign_host(self):
        for host in ("evil.example", "evil.example:80", "127.0.0.1.evil.example", "localhost.evil.example", "127.0.0.1@x"):
            self.refused(421, "/api/runs", host=host)

    def test_own_names(self):
        for host in ("localhost", "localhost:9999", "127.0.0.1", "[::1]:80", "LOCALHOST"):
            self.refused(200, "/api/runs", host=host)

    def test_no_host_and_two_hosts(self):
        head = f"GET /api/runs HTTP/1.0\r\nCookie: {self.server.cookie()}\r\n"
        self.assertEqual(self.server.send(f"{head}\r\n".encode()).status, 421)
        self.assertEqual(self.server.send(f"{head}Host: localhost\r\nHost: evil.example\r\n\r\n".encode()).status, 421)

    def test_methods(self):
        for method in ("POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH"):
            self.refused(405, "/api/runs", method=method, headers=["Content-Length: 0"])
        head = self.server.get("/api/runs", method="HEAD")
        self.assertEqual((head.status, head.body), (200, b""))

    def test_bodies(self):
        self.refused(413, "/api/runs", headers=["Content-Length: 5"], body=b"hello")
        self.refused(413, "/api/runs", headers=["Transfer-Encoding: chunked"], body=b"0\r\n\r\n")

    def test_headers_of_every_answer(self):
        for answer in (self.server.get("/"), self.server.get("/nothing"), self.server.get("/", cookie=False)):
            self.assertIn("default-src 'none'", answer.headers["content-security-policy"])
            self.assertEqual(answer.headers["x-content-type-options"], "nosniff")
            self.assertEqual(answer.headers["referrer-policy"], "no-referrer")

    def test_token_file_is_private_and_kept(self):
        path = os.path.join(self.server.state, "dcgan", "dashboard-token")
        self.assertEqual(os.stat(path).st_mode & 0o777, 0o600)
        with open(path) as file:
            self.assertEqual(file.read(), self.server.token)


class Paths(Case):
    def setUp(self):
        super().setUp()
        (self.folder / "secret.json").write_bytes(SECRET)
        (self.folder / "runs" / "config.json.txt").write_bytes(SECRET)

    def never_reached(self, target):
        answer = self.server.get(target)
        self.assertIn(answer.status, (400, 404), target)
        self.assertNotIn(SECRET, answer.body)

    def test_traversal(self):
        for step in ("..", "%2e%2e", "%2E.", "..%2f", "%2e%2e%2f", "..%5c", "....//", "%252e%252e", "..%00"):
            for target in (
                f"/files/faces/{step}/secret.json",
                f"/files/faces/{step}/{step}/secret.json",
                f"/files/{step}/secret.json",
                f"/files/faces/samples/{step}/config.json",
                f"/api/run/{step}/events",
                f"/api/run/faces{step}/events",
                f"/{step}/{step}/secret.json",
                f"/{step}",
            ):
                self.never_reached(target)

    def test_absolute_and_odd_addresses(self):
        for target in ("//secret.json", "/files//etc/passwd", "/files/faces//etc/passwd", "http://evil.example/", "*",
                       "/files/faces/%2fetc%2fpasswd", "/files/faces/config.json%00.png", "/%", "/%zz", "/api/run/"):
            self.never_reached(target)

    def test_only_listed_files(self):
        (self.run_folder / "notes.txt").write_bytes(SECRET)
        (self.run_folder / "samples" / "other.png").write_bytes(SECRET)
        (self.run_folder / "samples" / "epoch_0001.png.bak").write_bytes(SECRET)
        for name in ("notes.txt", "samples/other.png", "samples/epoch_0001.png.bak", "samples", "generator.safetensors",
                     "checkpoints/step_00000001.safetensors", "lock", ""):
            self.never_reached(f"/files/faces/{name}")
        self.refused(200, "/files/faces/config.json")
        self.refused(200, "/files/faces/samples/epoch_0000.png")

    def test_symbolic_links(self):
        (self.run_folder / "config.json").unlink()
        (self.run_folder / "config.json").symlink_to(self.folder / "secret.json")
        (self.run_folder / "samples" / "epoch_0007.png").symlink_to(self.folder / "secret.json")
        (self.folder / "runs" / "linked").symlink_to(self.run_folder)
        outside = self.folder / "outside"
        outside.mkdir()
        (outside / "epoch_0001.png").write_bytes(SECRET)
        (outside / "events.jsonl").write_bytes(SECRET)
        second = self.folder / "runs" / "second"
        second.mkdir()
        (second / "config.json").write_text("{}")
        (second / "samples").symlink_to(outside)
        (second / "events.jsonl").symlink_to(outside / "events.jsonl")
        (second / "metrics.jsonl").symlink_to("/dev/zero")
        for target in ("/files/faces/config.json", "/files/faces/samples/epoch_0007.png", "/files/linked/pictures.json",
                       "/files/second/samples/epoch_0001.png", "/api/run/second/metrics"):
            self.never_reached(target)
        self.assertTrue(self.server.is_alive())

    def test_special_files(self):
        (self.run_folder / "losses.png").unlink(missing_ok=True)
        os.mkfifo(self.run_folder / "losses.png")
        self.refused(422, "/files/faces/losses.png")
        self.assertTrue(self.server.is_alive())


class Numbers(Case):
    def test_parameters_out_of_range(self):
        for query in ("from=x", "from=-1", "to=1e300", "width=0", "width=99999", "axis=epoch", "from=nan", "to=inf"):
            self.refused(400, f"/api/run/faces/metrics?{query}")
        for query in ("a=-1", "a=99999999999999999999", "t=2", "d=1,2,3,4,5,6,7,8,9", "d=1,,2", "d=x", "count=0", "count=17"):
            self.refused(400, f"/api/run/faces/generate?{query}")
        self.refused(400, "/api/runs?" + "&".join(f"p{i}=1" for i in range(40)))


class Listening(Case):
    def test_only_at_its_address(self):
        with self.assertRaises(OSError):
            socket.create_connection(("127.0.0.2", self.server.port), 5)

    def test_port_in_use(self):
        command = [Server.program, "serve", str(self.folder / "runs"), "--port", str(self.server.port)]
        environment = os.environ | {"XDG_STATE_HOME": self.server.state}
        result = subprocess.run(command, capture_output=True, text=True, env=environment)
        self.assertNotEqual(result.returncode, 0)
        self.assertIn("--port", result.stderr)
