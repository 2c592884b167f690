#!/usr/bin/env python3
"""terminal.py DCGAN: how the program behaves on a terminal, and when it gets signals."""
import base64
import codecs
import fcntl
import os
import pty
import re
import select
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import time
import unittest

PROGRAM = os.path.abspath(sys.argv[1])
SMALL = ["--size", "16", "--features", "4", "--batch", "64"]
ENDLESS = SMALL + ["--epochs", "9999"]
PATIENCE = 120  # seconds, for machines that are busy: no test waits this long when all is well
ESCAPES = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


class Terminal:
    """The program on a terminal of `columns` columns."""

    def __init__(self, arguments, folder, columns=80, **variables):
        self.output = ""
        self.decoder = codecs.getincrementaldecoder("utf-8")()
        self.master, slave = pty.openpty()
        self.resize(columns)
        environment = {"PATH": os.environ["PATH"], "HOME": folder, "TERM": "xterm"} | variables
        environment |= {name: value for name, value in os.environ.items() if name.endswith("SAN_OPTIONS")}
        self.process = subprocess.Popen([PROGRAM] + arguments, cwd=folder, env=environment, stdin=slave, stdout=slave,
                                        stderr=slave, preexec_fn=self.take_terminal, start_new_session=True)
        os.close(slave)

    @staticmethod
    def take_terminal():
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)  # so that typing Ctrl-C sends a signal

    def resize(self, columns):
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))

    def type(self, text):
        os.write(self.master, text.encode())

    def read(self):
        """Reads what is there; False at the end."""
        if not select.select([self.master], [], [], PATIENCE)[0]:
            raise TimeoutError("nothing printed for long, after: " + self.output[-500:])
        try:
            data = os.read(self.master, 65536)
        except OSError:  # Linux's end of file, once the program has gone
            return False
        self.output += self.decoder.decode(data)
        return bool(data)

    def wait_for(self, pattern, start=0):
        """Where the pattern ends in the output from `start` on."""
        deadline = time.monotonic() + PATIENCE
        while not (found := re.search(pattern, self.output[start:])):
            if not self.read() or time.monotonic() > deadline:
                raise AssertionError(f"no {pattern!r} after {self.output[start:][-500:]!r}")
        return start + found.end()

    def finish(self):
        while self.read():
            pass
        os.close(self.master)
        return self.process.wait(PATIENCE)

    def live_lines(self, start=0):
        """The texts that the live line had, in turn."""
        drawn = re.findall(r"\r\x1b\[J([^\r\n\x1b]+)(?=[\r\x1b])", self.output[start:])
        return [text for text in drawn if text]

    def screen(self):
        """The lines that are left when all is printed: each live line was erased from where it began."""
        text = re.sub(r"(\x1b\[\d+A)?\r\x1b\[J", "\r", self.output)
        lines = [line.rsplit("\r", 1)[-1] for line in text.replace("\r\n", "\n").split("\n")]
        return [ESCAPES.sub("", line) for line in lines]


class OnTerminal(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = scratch.name

    def start(self, *arguments, **options):
        terminal = Terminal(list(arguments), self.folder, **options)
        self.addCleanup(terminal.process.kill)
        return terminal

    def check_training(self, columns):
        terminal = self.start("demo", *SMALL, "--epochs", "3", columns=columns)
        self.assertEqual(terminal.finish(), 0)
        lives = terminal.live_lines()
        self.assertTrue(any(re.match(r"(epoch )?\d/3  .*D \d\.\d+ G \d\.\d+", line) for line in lives), lives)
        self.assertEqual([line for line in lives if len(line) >= columns], [])
        return lives, terminal.screen()

    def test_80_columns(self):
        lives, screen = self.check_training(80)
        self.assertTrue(any("D(x) " in line and "D(G(z)) " in line and " left" in line for line in lives), lives)
        epochs = [line for line in screen if re.match(r"(epoch )?\d/3  .*/s  \d:\d\d$", line)]
        self.assertEqual([re.search(r"\d/3", line)[0] for line in epochs], ["1/3", "2/3", "3/3"], screen)
        self.assertFalse([line for line in screen if " left" in line], screen)
        self.assertIn("  pictures   demo/samples/epoch_0003.png", screen)

    def test_40_columns(self):
        _, screen = self.check_training(40)
        self.assertEqual(len([line for line in screen if re.match(r"\d/3  D \d\.\d+ G ", line)]), 3, screen)

    def test_10_columns(self):
        terminal = self.start("demo", *SMALL, "--epochs", "1", columns=10)
        self.assertEqual(terminal.finish(), 0)
        self.assertEqual([line for line in terminal.live_lines() if len(line) >= 10], [])

    def test_narrower_while_running(self):
        terminal = self.start("demo", *ENDLESS, "--batch", "2", columns=100)  # long epochs: always a live line
        terminal.wait_for(r"1/9999.* left")
        terminal.resize(40)
        resized = len(terminal.output)
        folded = terminal.wait_for(r"\x1b\[\dA(?=\r\x1b\[J\d)", start=resized)  # up, to take the folded line away
        terminal.wait_for(r"(\r\x1b\[J\d[^\r\x1b]*){3}\r", start=folded)
        self.assertEqual([line for line in terminal.live_lines(folded) if len(line) >= 40], [])
        terminal.type("\x03")
        self.assertEqual(terminal.finish(), 130)

    def test_bar_while_pictures_are_read(self):
        subprocess.run([PROGRAM, "demo", *SMALL, "--steps", "1", "-q"], cwd=self.folder, check=True)
        subprocess.run([PROGRAM, "generate", "demo", "-n", "200", "-o", "made", "-q"], cwd=self.folder, check=True)
        for columns in (80, 40):
            terminal = self.start("train", "made", *SMALL, "--steps", "1", columns=columns, 
                                  XDG_CACHE_HOME=os.path.join(self.folder, f"cache-{columns}"))
            self.assertEqual(terminal.finish(), 0)
            bars = [line for line in terminal.live_lines() if re.match(r"reading pictures \[[#-]+\] \d+/200$", line)]
            self.assertTrue(bars, terminal.output)
            self.assertEqual([line for line in bars if len(line) >= columns], [])
            self.assertFalse([line for line in terminal.screen() if "reading" in line])

    def test_plain_lines_on_a_dumb_terminal(self):
        terminal = self.start("demo", *SMALL, "--steps", "3", TERM="dumb")
        self.assertEqual(terminal.finish(), 0)
        self.assertNotIn("\x1b", terminal.output)
        self.assertIn("[1/1][1/32] Loss_D: ", terminal.output)

    def test_quiet_says_nothing(self):
        terminal = self.start("demo", *SMALL, "--steps", "3", "--quiet")
        self.assertEqual(terminal.finish(), 0)
        self.assertEqual(terminal.output, "")

    def test_colours_unless_unwanted(self):
        for variables, coloured in (({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)):
            terminal = self.start("nonsense", **variables)
            self.assertEqual(terminal.finish(), 2)
            self.assertEqual("\x1b[" in terminal.output, coloured, variables)

    def test_ctrl_c_saves_and_tells_how_to_go_on(self):
        terminal = self.start("demo", *ENDLESS, "-o", "it's here")
        terminal.wait_for(r" left")
        terminal.type("\x03")
        self.assertEqual(terminal.finish(), 130)
        screen = terminal.screen()
        advice = screen[screen.index("To continue:") + 1].strip()
        self.assertTrue(advice.endswith("resume 'it'\\''s here'"), advice)
        resumed = subprocess.run(["sh", "-c", advice.replace("resume", "resume --epochs 1")], cwd=self.folder,
                                 capture_output=True, text=True, timeout=PATIENCE)
        self.assertTrue("continuing it's here" in resumed.stdout or "is complete" in resumed.stderr, resumed)

    def preview(self, *arguments, columns=80, **variables):
        """What a training of one epoch prints with --preview."""
        terminal = self.start("demo", *SMALL, "--epochs", "1", "--preview", *arguments, columns=columns, **variables)
        self.assertEqual(terminal.finish(), 0)
        return terminal.output

    def samples(self, epoch):
        with open(os.path.join(self.folder, f"demo/samples/epoch_{epoch:04}.png"), "rb") as file:
            return file.read()

    def test_preview_in_half_blocks(self):
        for columns in (100, 40, 10):
            rows = [line for line in self.preview(columns=columns, COLORTERM="truecolor").split("\r\n") if "\u2580" in line]
            self.assertTrue(rows)
            self.assertTrue(all(re.search("\x1b\\[38;2;", row) and row.endswith("\x1b[0m") for row in rows), rows)
            widths = {row.count("\u2580") for row in rows}
            self.assertEqual(len(widths), 1)
            self.assertLessEqual(widths.pop(), columns)
            self.assertLessEqual(len(rows), 2 * 12 + 1)  # two grids, each of half the terminal's height

    def test_preview_in_256_colours(self):
        output = self.preview()
        colours = [int(number) for number in re.findall(r"\x1b\[[34]8;5;(\d+)m", output)]
        self.assertTrue(colours)
        self.assertTrue(all(16 <= colour <= 231 for colour in colours))
        self.assertNotIn("8;2;", output)

    def test_preview_in_kitty(self):
        chunks = re.findall(r"\x1b_G([^;]*);([^\x1b]*)\x1b\\", self.preview(TERM="xterm-kitty"))
        self.assertTrue(all(len(data) <= 4096 for _, data in chunks))
        self.assertTrue(chunks[0][0].startswith("a=T,f=100,q=2,c="))
        pictures, at = [], ""
        for keys, data in chunks:
            at += data
            if keys.endswith("m=0"):
                pictures.append(base64.b64decode(at))
                at = ""
        self.assertEqual(pictures, [self.samples(0), self.samples(1)])

    def test_preview_in_iterm(self):
        for program in ("iTerm.app", "WezTerm"):
            output = self.preview("-o", "demo", TERM_PROGRAM=program)
            pictures = re.findall(r"\x1b]1337;File=inline=1;[^:]*:([^\a]*)\a", output)
            self.assertEqual([base64.b64decode(data) for data in pictures], [self.samples(0), self.samples(1)])
            shutil.rmtree(os.path.join(self.folder, "demo"))

    def test_preview_within_tmux_is_in_half_blocks(self):
        output = self.preview(TERM="tmux-256color", TMUX="/tmp/socket,1,0", KITTY_WINDOW_ID="1", TERM_PROGRAM="tmux")
        self.assertIn("\u2580", output)
        self.assertNotIn("\x1b_G", output)

    def test_no_preview_where_none_can_be(self):
        self.assertNotIn("\x1b", self.preview(TERM="dumb"))
        self.assertEqual(self.preview("--quiet"), "")
        piped = subprocess.run([PROGRAM, "demo", *SMALL, "--steps", "1", "--preview"], cwd=self.folder,
                               capture_output=True, text=True, timeout=PATIENCE)
        self.assertEqual(piped.returncode, 0)
        self.assertNotIn("\x1b", piped.stdout + piped.stderr)

    def test_odd_names_cannot_steer_the_terminal(self):
        os.mkdir(os.path.join(self.folder, "odd"))
        with open(os.path.join(self.folder, "odd", "\x1b[2Jname\x07.jpg"), "w") as file:
            file.write("no picture")
        terminal = self.start("train", "odd", NO_COLOR="1")
        self.assertEqual(terminal.finish(), 3)
        self.assertIn("name", terminal.output)
        self.assertNotIn("\x1b", terminal.output)
        self.assertNotIn("\x07", terminal.output)


class Signals(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.process = subprocess.Popen([PROGRAM, "demo", *ENDLESS, "--log-every", "1"], cwd=scratch.name,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(self.process.kill)
        while "Loss_D" not in self.process.stdout.readline():
            pass

    def send(self, *signals):
        """All of them at once: while the program is halted they gather."""
        self.process.send_signal(signal.SIGSTOP)
        for number in signals:
            self.process.send_signal(number)
        self.process.send_signal(signal.SIGCONT)
        output, errors = self.process.communicate(timeout=PATIENCE)
        return self.process.returncode, output, errors

    def test_sigterm_stops_and_saves(self):
        code, output, errors = self.send(signal.SIGTERM)
        self.assertEqual(code, 143)
        self.assertIn("saved demo/checkpoints/", output)
        self.assertIn("resume demo\n", output)
        self.assertIn("then saving", errors)

    def test_sighup_stops_and_saves(self):
        code, output, _ = self.send(signal.SIGHUP)
        self.assertEqual(code, 129)
        self.assertIn("resume demo\n", output)

    def test_second_signal_learns_that_it_is_saving(self):
        code, output, errors = self.send(signal.SIGINT, signal.SIGTERM)
        self.assertIn(code, (130, 143))
        self.assertIn("still saving", errors)
        self.assertIn("resume demo\n", output)

    def test_third_signal_ends_it(self):
        code, output, _ = self.send(signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        self.assertIn(code, (-signal.SIGINT, -signal.SIGTERM, -signal.SIGHUP))
        self.assertNotIn("To continue", output)

    def test_a_reader_that_leaves_does_not_stop_it(self):
        self.process.stdout.close()
        self.process.stdout = None
        self.process.stderr.close()
        self.process.stderr = None
        self.process.send_signal(signal.SIGTERM)
        self.assertEqual(self.process.wait(PATIENCE), 143)


def main():
    result = unittest.main(argv=sys.argv[:1] + sys.argv[2:], exit=False).result
    failed = len(result.failures) + len(result.errors)
    print(f"{result.testsRun - failed} passed, {failed} failed")
    return 1 if failed else 0


sys.exit(main())
