"""Loaded by every process of the demo (by PYTHONPATH): notes which files under the demo's folder it opened.

The product has no such hook; the demo proves by it that no actor reaches into another actor's folder.
"""

import os
import sys

_folder = os.environ.get("DEMO_AUDIT_FOLDER", "")
_log = os.environ.get("DEMO_AUDIT_LOG", "")
_EVENTS = {"open", "sqlite3.connect", "os.listdir", "os.scandir", "os.rename", "os.remove", "os.mkdir", "os.link", "os.truncate"}

if _folder and _log:
    _descriptor = os.open(_log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    _busy = False

    def _note(event, arguments):
        global _busy
        if event not in _EVENTS or _busy:
            return
        _busy = True
        try:
            for argument in arguments[:2]:
                if isinstance(argument, bytes):
                    argument = os.fsdecode(argument)
                if isinstance(argument, (str, os.PathLike)):
                    path = os.path.abspath(os.fspath(argument).removeprefix("file:").split("?")[0])
                    if path.startswith(_folder + os.sep):
                        os.write(_descriptor, f"{event}\t{path}\n".encode())
        finally:
            _busy = False

    sys.addaudithook(_note)
