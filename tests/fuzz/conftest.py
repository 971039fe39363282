"""The package beside this file is imported by its own name, here and by ``python tests/fuzz``."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
