"""Runs a program on a pseudo terminal and writes what the terminal receives to standard output.

Usage: on_terminal.py COLUMNS STEPS PROGRAM ARGUMENT...
STEPS: JSON list of [text, keys]: keys are typed 0.3 s after the terminal has received the text.
"""

import fcntl
import json
import os
import pty
import select
import struct
import sys
import termios
import time

columns, steps, program = int(sys.argv[1]), json.loads(sys.argv[2]), sys.argv[3:]
pid, terminal = pty.fork()
if pid == 0:
    os.execvp(program[0], program)
fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
received, due = b"", None
while True:
    if select.select([terminal], [], [], 0.05)[0]:
        try:
            data = os.read(terminal, 65536)
        except OSError:  # The program has ended.
            break
        if not data:
            break
        received += data
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    if steps and due is None and steps[0][0].encode() in received:
        due = time.monotonic() + 0.3
    if due is not None and time.monotonic() >= due:
        os.write(terminal, steps.pop(0)[1].encode())
        received, due = b"", None
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
