"""`python -m rudel`: the same as the command `rudel`."""

from __future__ import annotations

from rudel.cli.main import main

if __name__ == "__main__":
    raise SystemExit(main())
