"""`python -m lab` is `paddock`."""

import sys

from lab.cli import main

sys.exit(main())
