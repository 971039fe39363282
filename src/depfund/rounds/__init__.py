"""What happens over time? Instalments, the ledger, the payee lock, reconciliation, differences between rounds."""

from __future__ import annotations

from depfund.rounds.instalments import instalments
from depfund.rounds.settlement import settle

__all__ = ["instalments", "settle"]
