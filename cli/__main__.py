"""`python -m cli`, which `.venv/bin/backshop` starts."""

import sys

from cli.app import main

if __name__ == "__main__":
    sys.exit(main())
