"""Who gets how much? Weights, facts and a policy in, an Allocation out; and the pure toolbox it is made of."""

from __future__ import annotations

from depfund.shares.charges import fees, gross
from depfund.shares.lump import lumps
from depfund.shares.parts import channels
from depfund.shares.splitting import split
from depfund.shares.waterfill import fill, prefix, topup

__all__ = ["channels", "fees", "fill", "gross", "lumps", "prefix", "split", "topup"]
