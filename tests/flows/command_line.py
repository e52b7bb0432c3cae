"""The installed command, as users run it, for the tests of flows."""

import json
import os
import subprocess
import sys
from pathlib import Path

COMMAND = str(Path(sys.executable).with_name("eigenlead"))


def environment(prefect_home, **more):
    """Without the user's own settings: Prefect's database in a folder of the tests', no server unless given."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith(("PREFECT_", "EIGENLEAD_STORE"))}
    return ours | {"PREFECT_HOME": str(prefect_home), "PREFECT_SERVER_ANALYTICS_ENABLED": "false"} | more


def eigenlead(*arguments, env=None):
    """Run the command to its end."""
    return subprocess.run([COMMAND, *map(str, arguments)], capture_output=True, text=True, env=env, check=False)


DIFFERS = ("started", "finished", "wall_s", "out", "store", "cluster", "time_limit", "memory_limit")


def report(folder):
    """The report of a finished screen, without what differs between two runs of one request."""
    return comparable(json.loads((folder / "report.json").read_text()))


def comparable(report):
    """A report, or a part of one, without what differs between two runs of one request."""
    if isinstance(report, dict):
        return {key: comparable(value) for key, value in report.items() if key not in DIFFERS}
    return [comparable(one) for one in report] if isinstance(report, list) else report
