"""Makes ``python -m wsgicors`` a command; everything about it stands in :mod:`wsgicors.cli`."""

from __future__ import annotations

import sys

from .cli import main

if __name__ == "__main__":
    sys.exit(main())
