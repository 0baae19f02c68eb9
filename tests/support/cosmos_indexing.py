"""Run as a program, this prints what `infra/cosmos-indexing.json` should hold."""

import json
import sys

from shared.adapters.cosmos_indexing import indexing_policy
from shared.wiring.indexes import INDEXES


def printed() -> str:
    return json.dumps(indexing_policy(INDEXES), indent=2) + "\n"


if __name__ == "__main__":
    sys.stdout.write(printed())
