"""`python -m local` runs the whole house on this machine."""

import sys

from local.host import main

if __name__ == "__main__":
    sys.exit(main())
