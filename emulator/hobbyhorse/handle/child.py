"""`python -m hobbyhorse.handle.child OPTIONS`: `hobbyhorse serve` that ends when whoever started it is gone.

A handle holds the other end of standard input for as long as it lives. However its process ends, killed included, the
end is closed, and no server is left behind.
"""

from __future__ import annotations

import os
import signal
import sys
import threading

from ..cli import main


def _end_with_the_parent() -> None:
    while os.read(sys.__stdin__.fileno() if sys.__stdin__ else 0, 1024):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    threading.Thread(target=_end_with_the_parent, daemon=True).start()
    sys.exit(main(["serve", *sys.argv[1:]]))
