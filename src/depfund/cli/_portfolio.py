"""To be furnished."""

COMMANDS = ()
