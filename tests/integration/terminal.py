"""A program on a terminal of its own."""
import os
import pty
import select
import time


def available():
    """A bare chroot has no /dev/pts, and so nothing that could be a terminal."""
    try:
        for end in pty.openpty():
            os.close(end)
    except OSError:
        return False
    return True


def run(words, environment, typed="", asks=b"to go on: ", seconds=20):
    """(exit code, all that it printed); `typed` is typed once it asks."""
    child, terminal = pty.fork()
    if child == 0:
        os.execve(words[0], [str(word) for word in words], environment)
    printed, sent = b"", False
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if not select.select([terminal], [], [], 0.1)[0]:
            continue
        try:
            chunk = os.read(terminal, 65536)
        except OSError:
            break
        if not chunk:
            break
        printed += chunk
        if asks in printed and not sent:
            sent = True
            os.write(terminal, typed.encode())
    _, status = os.waitpid(child, 0)
    os.close(terminal)
    return os.waitstatus_to_exitcode(status), printed.decode("utf-8", "replace")
