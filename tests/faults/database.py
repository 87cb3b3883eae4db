"""A Postgres that is killed and comes back on its port, on a disk that can be filled."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from local import postgres

DISK_MB = 768
SETTINGS = {"max_wal_size": "128MB", "min_wal_size": "64MB"}
"""The log of changes alone would fill the small disk otherwise. All else is Postgres' default."""
FULL = "No space left on device"


@contextmanager
def small_disk(folder: Path) -> Iterator[bool]:
    """A file system of its own for the database, which can be full without anybody else noticing;
    False where this user may not mount one.

    Its mount is seen by this process and its children alone (`__main__` runs under `unshare -m`),
    and so goes with them, however they end.
    """
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK_MB}m,mode=0711", "faults", str(folder)]
    if not is_private() or subprocess.run(mount, capture_output=True, check=False).returncode:
        yield False
        return
    try:
        yield True
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=False)


def is_private() -> bool:
    """Whether mounts of this process are its own."""
    return os.environ.get("FAULTS_PRIVATE_MOUNTS") == "yes"


class Database:
    """The running server. Start and kill it from the main thread."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.server = self._start(0)
        self.port = self.server.port
        self.met_full = 0
        """Errors that a full disk caused, as Postgres logged them."""
        self._ballast = folder.parent / "ballast"

    def _start(self, port: int) -> postgres.Server:
        return postgres.start(self.folder, port, SETTINGS, dies_with_us=True)

    def kill(self) -> None:
        """Kill -9 the postmaster; its sessions end as they notice."""
        self._read_log()
        postgres.kill(self.server)

    def start(self) -> None:
        self.server = self._start(self.port)

    def fill(self) -> None:
        """Take all that is left of the disk."""
        place = os.statvfs(self.folder)
        piece = place.f_bavail * place.f_frsize
        with self._ballast.open("ab") as file:
            while piece >= place.f_frsize:
                try:
                    os.posix_fallocate(file.fileno(), file.seek(0, os.SEEK_END), piece)
                except OSError:  # the server took some of it
                    piece //= 2
                else:
                    break

    def free(self) -> None:
        """Make room again, and bring the server back if it could not write down its changes."""
        self._ballast.unlink(missing_ok=True)
        time.sleep(0.2)
        if self.server.process.poll() is not None:
            self._read_log()
            self.server.lock.close()
            self.start()

    def stop(self) -> None:
        self._read_log()
        postgres.stop(self.server)

    def _read_log(self) -> None:
        """Each start begins the log anew."""
        self.met_full += (self.folder / "postgres.log").read_text(errors="replace").count(FULL)
