"""A terminal with a shell in it, for terminal.ts: what comes on standard input is typed, what the screen shows goes to standard output.

The end of standard input closes the terminal, as closing its window does. Ends when the shell has ended.
"""

import os
import pty
import select

shell, screen = pty.fork()
if shell == 0:
    os.execvp("sh", ["sh", "-i"])

while True:
    readable, _, _ = select.select([0, screen], [], [])
    if screen in readable:
        try:
            shown = os.read(screen, 65536)
        except OSError:  # the shell has ended
            break
        os.write(1, shown)
    if 0 in readable:
        typed = os.read(0, 4096)
        if not typed:
            break
        os.write(screen, typed)

os.close(screen)
os.waitpid(shell, 0)
