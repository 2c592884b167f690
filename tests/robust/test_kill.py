#!/usr/bin/env python3
"""test_kill.py DCGAN: trainings ended at random moments, resumed, and compared with one that never was.

After SIGKILL every file is whole and the run resumes from its newest checkpoint; SIGINT and SIGTERM save first. In
the end all is as in an uninterrupted run, to the bit."""

import os
import random
import signal
import time

from robust import (DONE, INPUT, STOPPED_BY_INT, STOPPED_BY_TERM, TINY, check_whole, checkpoints, differences, expect,
                    main, make_pictures, read_metrics, test)

KILLS = 15
PICTURES = 60  # 8 steps an epoch, the last of them smaller
LOG = ["--log-every", "1", "--threads", "2"]
EPOCHS = 45
SEED = int(os.environ.get("TEST_SEED", time.time_ns() % 1000000))


def train_arguments(scratch, out, epochs):
    return ["train", scratch / "pictures", "-o", out, *TINY, *LOG, "--epochs", str(epochs),
            "--checkpoint-every", "3steps", "--keep", "2"]


def let_it_train(process, steps):
    """Reads on until so many steps were reported, or it ended."""
    while steps > 0 and (line := process.stdout.readline()):
        steps -= line.startswith("[")


def end(program, process, number):
    process.send_signal(number)
    return program.finish(process)


@test
def killed_runs_resume_as_if_nothing_had_happened(program, scratch):
    chance = random.Random(SEED)
    print(f"TEST_SEED={SEED}")
    make_pictures(scratch / "pictures", chance, PICTURES)
    expect(program, DONE, [], *train_arguments(scratch, scratch / "whole", EPOCHS))
    kills = attempts = 0
    process = program.start(*train_arguments(scratch, run := scratch / "run0", EPOCHS))
    while kills < KILLS:
        # Most lives last for some steps, some end before the first one.
        let_it_train(process, chance.choice([0, 1, 2, 3, 5, 8, 13]))
        time.sleep(chance.uniform(0, 0.01))
        code, text = end(program, process, signal.SIGKILL)
        assert code == -signal.SIGKILL, f"it ended by itself after {kills} kills ({code}):\n{text}"
        kills += 1
        check_whole(run)
        if run.exists() and checkpoints(run):
            process = program.start("resume", run)
        else:
            expect(program, INPUT if run.exists() else 4, [str(run)], "resume", run)
            attempts += 1
            process = program.start(*train_arguments(scratch, run := scratch / f"run{attempts}", EPOCHS))
    code, text = program.finish(process)
    assert code == DONE, text
    assert not (found := differences(run, scratch / "whole")), found
    assert [line["step"] for line in read_metrics(run)] == list(range(1, 8 * EPOCHS + 1))
    assert len(checkpoints(run)) == 2
    assert not list(run.rglob("*.tmp"))


@test
def a_run_killed_before_its_first_checkpoint_says_so(program, scratch):
    make_pictures(scratch / "pictures", random.Random(1), PICTURES)
    arguments = train_arguments(scratch, run := scratch / "run", EPOCHS)
    arguments[arguments.index("3steps")] = "1000steps"
    process = program.start(*arguments)
    let_it_train(process, 2)
    end(program, process, signal.SIGKILL)
    expect(program, INPUT, [str(run), "no checkpoint", "dcgan train"], "resume", run)
    expect(program, DONE, [], *train_arguments(scratch, scratch / "other", 1))
    expect(program, DONE, [], "train", "--config", run / "config.json", "-o", scratch / "again", "--epochs", "1")
    assert not (found := differences(scratch / "again", scratch / "other")), found


@test
def interrupted_runs_save_and_say_how_to_go_on(program, scratch):
    make_pictures(scratch / "pictures", random.Random(1), PICTURES)
    expect(program, DONE, [], *train_arguments(scratch, scratch / "whole", 6))
    process = program.start(*train_arguments(scratch, run := scratch / "run", 6))
    for number, code in [(signal.SIGINT, STOPPED_BY_INT), (signal.SIGTERM, STOPPED_BY_TERM),
                         (signal.SIGINT, STOPPED_BY_INT)]:
        let_it_train(process, 4)
        got, text = end(program, process, number)
        assert got == code, f"exit code {got}, not {code}:\n{text}"
        assert "finishing this step, then saving" in text and f" resume {run}" in text, text
        check_whole(run)
        steps = len(read_metrics(run))
        assert checkpoints(run)[-1].name == f"step_{steps:08}.safetensors", f"{steps} steps, {checkpoints(run)}"
        process = program.start("resume", run)
    code, text = program.finish(process)
    assert code == DONE, text
    assert not (found := differences(run, scratch / "whole")), found


main()
