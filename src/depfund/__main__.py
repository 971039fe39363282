"""``python -m depfund`` is ``depfund``."""

from depfund.cli import main

main()
