"""`python -m w2v` is the command `w2v`."""

import sys

from w2v.commands import main

sys.exit(main())
