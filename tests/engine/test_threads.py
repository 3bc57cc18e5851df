"""Threads around the kernels: results in order, one workspace each, and an interrupt heard at once."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from palveluverkko.engine.threads import (
    available,
    in_threads,
    interruptible,
    interrupts_between_imports,
    threads_beside,
)

SUPPORT = Path(__file__).parents[1] / "support"


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_results_come_in_the_order_of_the_tasks(threads):
    def work(task, _space, _stop):
        time.sleep(0.002 * (task % 3))
        return task * task

    assert list(in_threads(range(40), work, make_workspace=object, threads=threads)) == [k * k for k in range(40)]


@pytest.mark.parametrize("threads", [1, 3])
def test_no_two_tasks_have_one_workspace_at_a_time(threads):
    made, in_use, lock = [], set(), threading.Lock()

    def make():
        made.append(object())
        return made[-1]

    def work(_task, space, _stop):
        with lock:
            assert id(space) not in in_use
            in_use.add(id(space))
        time.sleep(0.001)
        with lock:
            in_use.remove(id(space))
        return threading.get_ident()

    workers = set(in_threads(range(60), work, make_workspace=make, threads=threads))
    assert len(made) <= threads
    assert len(workers) <= threads
    assert threading.get_ident() not in workers


def test_no_tasks_make_no_workspace():
    assert list(in_threads([], pytest.fail, make_workspace=pytest.fail, threads=4)) == []


def test_results_do_not_pile_up_before_somebody_who_takes_his_time():
    begun = []
    results = in_threads(range(50), lambda task, _s, _stop: begun.append(task), make_workspace=object, threads=2)
    next(results)
    time.sleep(0.05)
    assert len(begun) <= 4
    results.close()
    assert len(begun) <= 4


@pytest.mark.parametrize("threads", [1, 3])
def test_an_error_in_a_task_is_raised_and_stops_the_others(threads):
    flags = []

    def work(task, _space, stop):
        flags.append(stop)
        if task == 4:
            raise ValueError("the fifth")
        return task

    with pytest.raises(ValueError, match="the fifth"):
        list(in_threads(range(1000), work, make_workspace=object, threads=threads))
    assert len(flags) < 20
    assert all(flag[0] == 1 for flag in flags)


def test_whoever_stops_taking_results_stops_the_work():
    flags = []

    def work(task, _space, stop):
        flags.append(stop)
        return task

    results = in_threads(range(1000), work, make_workspace=object, threads=2)
    assert next(results) == 0
    results.close()
    assert len(flags) < 20
    assert flags[0][0] == 1


def test_the_flag_is_down_while_nothing_is_wrong():
    assert interruptible(lambda stop: int(stop[0])) == 0


@pytest.mark.parametrize(("asked", "count"), [("3", 3), ("0", None), ("many", None), ("", None)])
def test_the_number_of_threads_is_that_of_numba_or_of_the_processors(monkeypatch, asked, count):
    monkeypatch.setenv("NUMBA_NUM_THREADS", asked)
    assert available() == (count or len(os.sched_getaffinity(0)))


@pytest.mark.skipif(sys.platform == "win32", reason="no signals to send")
def test_an_interrupt_ends_every_long_search_at_once():
    with subprocess.Popen(
        [sys.executable, "-W", "error", str(SUPPORT / "long_searches.py")],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as program:
        try:
            waited = {}
            for line in program.stdout:
                name = line.rsplit(maxsplit=1)[0]
                time.sleep(0.4)
                sent = time.monotonic()
                program.send_signal(signal.SIGINT)
                if name == "last":
                    break
                ended, at = program.stdout.readline().rsplit(maxsplit=1)
                assert ended == "interrupted", name
                waited[name] = float(at) - sent
            rest, errors = program.communicate(timeout=30)
            waited["last"] = time.monotonic() - sent
        finally:
            program.kill()
    assert rest == ""
    assert errors.rstrip().endswith("KeyboardInterrupt")
    assert program.returncode in {-signal.SIGINT, 130}
    assert len(waited) == 8
    # Well below a second each when nothing else runs; a busy machine may take a while.
    assert max(waited.values()) < 5, waited
    sys.stdout.write(f"{waited}\n")


def test_an_interrupt_waits_for_no_thread_beside_and_everything_else_does():
    held, done = threading.Event(), []

    def work():
        held.wait(30)
        done.append("work")

    def end(error):
        with threads_beside() as threads:
            threads.submit(work)
            raise error

    begun = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        end(KeyboardInterrupt())
    assert time.monotonic() - begun < 15
    assert done == []
    held.set()
    with pytest.raises(ValueError, match="a mistake"):
        end(ValueError("a mistake"))
    assert "work" in done


def test_an_interrupt_within_import_code_is_heeded_after_it():
    # A function of the import machinery, as a signal finds it.
    space, passed = {}, []
    code = "import sys\ndef within(heed):\n    heed(2, sys._getframe())\n"
    exec(compile(code, "<frozen importlib._bootstrap>", "exec"), space)  # noqa: S102

    def import_and_wait():
        with interrupts_between_imports():
            space["within"](signal.getsignal(signal.SIGINT))
            passed.append("the import")
            time.sleep(10)
            passed.append("the wait")

    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            import_and_wait()
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    finally:
        signal.signal(signal.SIGINT, before)
    assert passed == ["the import"]
