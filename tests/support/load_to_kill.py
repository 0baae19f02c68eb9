"""`python -m tests.support.load_to_kill FOLDER DATA`: a load that is killed between two of its commits."""

import os
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from local.load import import_folder
from local.progress import Progress
from shared.adapters.import_progress import Reached
from shared.adapters.sqlite_record import SqliteRecord
from shared.kernel.clock import SystemClock

COMMITS = 4


class Mortal(SqliteRecord):
    """Takes in a hundred at a time, and is killed when it is to do so once too often."""

    def load(
        self, resources: object, *, batch: int = 100, reached: Callable[[], Sequence[Reached]] = tuple
    ) -> int:
        asked = iter(range(COMMITS))

        def counted() -> Sequence[Reached]:
            if next(asked, None) is None:
                os.kill(os.getpid(), signal.SIGKILL)
            return reached()

        return super().load(resources, batch=batch, reached=counted)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]  # as the record has it


def main() -> None:
    folder, data = map(Path, sys.argv[1:])
    data.mkdir()
    record = Mortal(data / "record.db", clock=SystemClock())
    import_folder(folder, record, progress=Progress("resources"))


if __name__ == "__main__":
    main()
