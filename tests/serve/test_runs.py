"""What is told about runs: growing, torn, replaced, deleted; and their pictures."""
import json
import math
import shutil
import struct
import time

from rig import Case, Run, Server, columns_header, make_run, write_generator

METRICS = "/api/run/faces/metrics"


def column(answer, name, part=0):
    """Means (0), minima (1) or maxima (2) of a column."""
    header = columns_header(answer)
    start = answer.body.index(b"\n") + 1 + 4 * header["count"] * (3 * header["columns"].index(name) + part)
    return struct.unpack(f"<{header['count']}f", answer.body[start : start + 4 * header["count"]])


class Metrics(Case):
    def write(self, text, mode="a"):
        with open(self.run_folder / "metrics.jsonl", mode) as file:
            file.write(text)

    def rows(self):
        header = columns_header(self.server.get(METRICS))
        return header["rows"], header["unreadable"]

    def test_values(self):
        lines = [json.loads(line) for line in open(self.run_folder / "metrics.jsonl")]
        answer = self.server.get(f"{METRICS}?width=1000")
        header = columns_header(answer)
        self.assertEqual((header["x0"], header["dx"], header["count"], header["last"]), (1, 1, 40, 40))
        for name in ("loss_d", "loss_g", "d_real", "images_per_second", "time"):
            for got, line in zip(column(answer, name), lines, strict=True):
                self.assertTrue(math.isclose(got, line[name], rel_tol=1e-6), (name, got, line[name]))

    def test_bins(self):
        lines = [json.loads(line) for line in open(self.run_folder / "metrics.jsonl")]
        answer = self.server.get(f"{METRICS}?width=5")
        header = columns_header(answer)
        self.assertEqual((header["x0"], header["dx"], header["count"]), (4.5, 8, 5))
        for i in range(5):
            values = [line["loss_g"] for line in lines[8 * i : 8 * i + 8]]
            for part, expected in enumerate((sum(values) / 8, min(values), max(values))):
                self.assertTrue(math.isclose(column(answer, "loss_g", part)[i], expected, rel_tol=1e-6))

    def test_summaries_and_file_agree(self):
        """Wide ranges come from the summaries in memory, narrow ones from the file: the same bins."""
        Run(str(self.run_folder), 20000, 2, 1).log(41, 20000)
        whole = self.server.get(f"{METRICS}?width=700&from=1&to=20000")
        part = self.server.get(f"{METRICS}?width=20&from=1&to=640")
        self.assertEqual(columns_header(whole)["dx"], columns_header(part)["dx"])
        for a, b in zip(column(whole, "d_fake"), column(part, "d_fake")):
            self.assertTrue(math.isclose(a, b, rel_tol=1e-5))

    def test_torn_last_line(self):
        self.assertEqual(self.rows(), (40, 0))
        line = '{"step": 41, "epoch": 1, "loss_d": 1.5, "time": 3}'
        self.write(line[:20])
        self.assertEqual(self.rows(), (40, 0))
        self.write(line[20:] + "\n")
        self.assertEqual(self.rows(), (41, 0))
        self.assertEqual(column(self.server.get(METRICS), "loss_d")[-1], 1.5)

    def test_garbage(self):
        garbage = ["", "garbage", "[]", "{}", '{"step":', '{"step": null}', '{"step": 41.5}', '{"step": -1}', '{"step": 1}',
                   '{"step": 41} extra', '{"step": {"a": 1}}', '{"step": 1e999}', '"' * 5000, "x" * 300000, "\x00\x01"]
        self.write("\n".join(garbage) + "\n")
        self.write('{"step": 42, "loss_g": null, "loss_d": 1e-3, "new_field": "\\"text\\"", "time": 9}\n')
        rows, unreadable = self.rows()
        self.assertEqual(rows, 41)
        self.assertEqual(unreadable, len(garbage) - 1)  # the overlong line is not even looked at
        self.assertTrue(math.isnan(column(self.server.get(METRICS), "loss_g")[-1]))

    def test_resume_cuts_the_file(self):
        self.assertEqual(self.rows(), (40, 0))
        lines = open(self.run_folder / "metrics.jsonl").readlines()
        self.write("".join(lines[:30]) + '{"step": 31, "loss_d": 7}\n', "w")
        self.assertEqual(self.rows(), (31, 0))
        self.assertEqual(column(self.server.get(METRICS), "loss_d")[-1], 7)

    def test_no_metrics_yet(self):
        (self.run_folder / "metrics.jsonl").unlink()
        self.refused(404, METRICS)
        self.write("", "w")
        self.assertEqual(columns_header(self.server.get(METRICS))["rows"], 0)


class Listing(Case):
    def run_named(self, name):
        return next((run for run in self.server.get("/api/runs").json() if run["name"] == name), None)

    def eventually(self, probe):
        for _ in range(100):
            if probe():
                return
            time.sleep(0.1)
        self.fail("it did not happen")

    def test_summary(self):
        run = self.run_named("faces")
        self.assertEqual((run["state"], run["step"], run["steps"], run["epochs"]), ("done", 40, 40, 2))
        self.assertEqual(run["warnings"], 1)
        events = self.server.get("/api/run/faces/events").json()
        self.assertEqual(events["remarks"][0]["text"], "Cause. Remedy.")
        self.assertEqual(events["epochs"], [0])

    def test_states(self):
        with open(self.run_folder / "events.jsonl", "a") as file:
            file.write('{"event": "started", "resumed": true, "pid": 1, "steps": 90}\nnot json\n[]\n')
        self.eventually(lambda: self.run_named("faces")["state"] == "running")
        self.assertEqual(self.run_named("faces")["unreadable_events"], 2)
        with open(self.run_folder / "events.jsonl", "a") as file:
            file.write('{"event": "finished", "state": "diverged"}\n')
        self.eventually(lambda: self.run_named("faces")["state"] == "diverged")

    def test_runs_come_and_go(self):
        make_run(self.folder / "runs" / "with blanks & ümlaut")
        self.eventually(lambda: self.run_named("with blanks & ümlaut"))
        self.refused(200, "/api/run/with%20blanks%20%26%20%C3%BCmlaut/metrics")
        shutil.rmtree(self.run_folder)
        for target in (METRICS, "/api/run/faces/events", "/files/faces/config.json", "/api/run/faces/generate?a=1"):
            self.assertIn(self.server.get(target).status, (200, 404))
        self.eventually(lambda: not self.run_named("faces"))
        self.refused(404, METRICS)
        shutil.rmtree(self.folder / "runs")
        self.eventually(lambda: self.server.get("/api/runs").json() == [])
        self.assertTrue(self.server.is_alive())

    def test_a_single_run(self):
        server = Server(self.run_folder)
        self.addCleanup(server.stop)
        self.assertEqual([run["name"] for run in server.get("/api/runs").json()], ["faces"])
        self.assertEqual(server.get("/files/faces/config.json").status, 200)

    def test_stream(self):
        with self.server.connect() as connection:
            connection.settimeout(15)
            request = f"GET /api/stream HTTP/1.1\r\nHost: localhost\r\nCookie: {self.server.cookie()}\r\n\r\n"
            connection.sendall(request.encode())
            received = b""
            while b"event: runs" not in received:
                received += connection.recv(65536)
            with open(self.run_folder / "metrics.jsonl", "a") as file:
                file.write('{"step": 41, "loss_d": 1}\n')
            while b"event: run\n" not in received or b'"step":41' not in received:
                received += connection.recv(65536)
        self.assertTrue(self.server.is_alive())


class Generating(Case):
    def picture(self, query):
        answer = self.server.get(f"/api/run/faces/generate?{query}")
        self.assertEqual((answer.status, answer.headers["content-type"]), (200, "image/png"), answer.body)
        return answer.body

    def test_pictures(self):
        first = self.picture("a=1&b=2&t=0")
        self.assertEqual(struct.unpack(">II", first[16:24]), (32, 32))
        self.assertEqual(self.picture("a=1"), first)
        self.assertEqual(self.picture("a=2"), self.picture("a=1&b=2&t=1"))
        self.assertNotEqual(self.picture("a=1&b=2&t=0.5"), first)
        self.assertNotEqual(self.picture("a=1&d=0,3"), first)
        self.assertEqual(self.picture("a=1&d=0,0"), first)
        self.assertEqual(struct.unpack(">II", self.picture("a=1&b=2&count=9")[16:24]), (9 * 32, 32))

    def test_a_replaced_generator_is_loaded(self):
        first = self.picture("a=1")
        self.run_folder.joinpath("generator.safetensors").unlink()
        self.refused(404, "/api/run/faces/generate?a=1")
        write_generator(str(self.run_folder), 2)
        self.assertNotEqual(self.picture("a=1"), first)

    def test_a_broken_generator_is_refused(self):
        self.run_folder.joinpath("generator.safetensors").write_bytes(b"not a generator")
        answer = self.server.get("/api/run/faces/generate?a=1")
        self.assertEqual(answer.status, 422)
        self.assertIn(b"generator.safetensors", answer.body)
