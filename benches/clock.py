"""One run of one program, timed."""
import os, subprocess, time


def measure(command, report):
    """Wall and processor seconds and peak memory in MiB of one run, process start included; and its exit code.

    Called in a process that does nothing else: the peak counts what the child shared with its parent before it became
    the other program, and this program reads reports of a gigabyte. What is left of that is about 16 MiB, the least that is
    ever shown.
    """
    # Not to /dev/null: there are programs that stop at the first match when nobody reads.
    with report.with_suffix(".out").open("wb") as out, report.with_suffix(".err").open("wb") as err:
        begin = time.perf_counter()
        child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=err)
        _, status, usage = os.wait4(child.pid, 0)
        wall = time.perf_counter() - begin
    child.returncode = os.waitstatus_to_exitcode(status)
    return (wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024), child.returncode
