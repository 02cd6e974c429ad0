"""`python -m ferryman` is the command `ferryman`."""

from ferryman.cli import main

main()
