"""Child processes: they end when their parent is gone, even by kill -9.

``python -m flows.child MODULE ARGUMENTS`` runs a module as ``python -m`` does, as such a child.
"""

from __future__ import annotations

import os
import runpy
import sys
import threading
import time


def end_with_parent() -> None:
    """End this process when its parent is gone, even by kill -9."""
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1.0)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


if __name__ == "__main__":
    end_with_parent()
    del sys.argv[0]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
