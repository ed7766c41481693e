"""`python -m gonogo` is the command `gonogo`."""

from __future__ import annotations

import sys

from gonogo import main

sys.exit(main())
