"""The front door of a checkout: `python cli.py train corpus.txt`. Everything behind it is in w2v.commands."""

import sys

from w2v.commands import main

if __name__ == "__main__":
    sys.exit(main())
