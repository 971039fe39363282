"""Config: everything a run takes from its surroundings, as one value. No other module reads the environment."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from depfund.errors import PolicyError

__all__ = ["Config", "Reporter", "own_text"]

PREFIX = "DEPFUND_ENDPOINT_"
LARGEST = 16 * 1024 * 1024
"""Bytes of a file that settings are read from."""


class Reporter:
    """Progress, as no-op methods to override. depfund's core never prints; it tells its reporter.

    All methods may be called from several threads.
    """

    def start(self, task: str, total: int | None = None) -> None:
        """A task begins, of ``total`` steps where known."""

    def advance(self, task: str, steps: int = 1) -> None:
        """``steps`` of a task are done."""

    def finish(self, task: str) -> None:
        """A task is over."""

    def address(self, method: str, url: str) -> None:
        """An address is about to be asked (never with a token in it)."""


def own_text(path: Path) -> str:
    """The text of a settings file. Raises ``OSError`` or ``ValueError`` for what is no small file in UTF-8."""
    if not path.is_file() or path.stat().st_size > LARGEST:
        raise FileNotFoundError(path)  # a pipe would be waited for, a sparse file fill the memory
    return path.read_text(encoding="utf-8")


def _now() -> datetime:
    return datetime.now(UTC)


def _cache_dir(environ: Mapping[str, str]) -> Path:
    if folder := environ.get("DEPFUND_CACHE_DIR"):
        return Path(folder)
    from platformdirs import user_cache_path

    return user_cache_path("depfund", appauthor=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Tokens, endpoints, folders, freshness, offline and the clock.

    ``endpoints`` maps the contract's upper-case service names (``PYPI``, ``GITHUB_RAW``, …) to base addresses that
    replace the public ones; those in ``from_project`` were read from a project's own file, and never get a token.
    ``environ`` is the environment that the ecosystems' own client settings are read from. ``patience`` is how many
    seconds one look-up may take with all its retries; ``connections`` how many requests run at once. ``dry_run`` lists
    addresses instead of asking them.
    """

    github_token: str | None = field(default=None, repr=False)
    opencollective_token: str | None = field(default=None, repr=False)
    endpoints: Mapping[str, str] = field(default_factory=dict, repr=False)
    from_project: frozenset[str] = frozenset()
    cache_dir: Path | None = None
    offline: bool = False
    dry_run: bool = False
    freshness: int = 86_400
    patience: float = 120.0
    timeout: float = 20.0
    connections: int = 16
    clock: Callable[[], datetime] = _now
    environ: Mapping[str, str] = field(default_factory=dict, repr=False)

    @classmethod
    def load(
        cls, folder: Path | str | None = None, *, environ: Mapping[str, str] | None = None, **overrides: object
    ) -> Config:
        """The Config of this environment.

        ``[tool.depfund.endpoints]`` of the pyproject.toml in ``folder`` comes after the environment's variables.
        Keyword arguments are fields and win over everything. Raises :class:`~depfund.errors.PolicyError` when
        the table has the wrong shape.
        """
        env = dict(os.environ if environ is None else environ)
        table = _table(Path(folder) if folder else Path())
        named = {key.removeprefix(PREFIX): value for key, value in env.items() if key.startswith(PREFIX) and value}
        endpoints = table | named
        values: dict[str, object] = {
            "github_token": env.get("GITHUB_TOKEN", "").strip() or env.get("GH_TOKEN", "").strip() or None,
            "opencollective_token": env.get("OPENCOLLECTIVE_TOKEN", "").strip() or None,
            "endpoints": {key: value.rstrip("/") for key, value in endpoints.items()},
            "from_project": frozenset(table) - frozenset(named),
            "cache_dir": _cache_dir(env),
            "environ": env,
            "offline": env.get("DEPFUND_OFFLINE", "") not in {"", "0"},
        }
        return cls(**{**values, **overrides})  # type: ignore[arg-type]

    def today(self) -> str:
        """The ISO date of the clock."""
        return self.clock().date().isoformat()


def _table(folder: Path) -> dict[str, str]:
    """``[tool.depfund.endpoints]`` of pyproject.toml in ``folder``, or of the file that ``folder`` is beside."""
    import tomllib

    path = (folder if folder.is_dir() else folder.parent) / "pyproject.toml"
    try:
        table = tomllib.loads(own_text(path))
        for key in ("tool", "depfund", "endpoints"):
            table = table.get(key, {})
    except (OSError, ValueError, RecursionError, AttributeError):
        return {}  # the readers say what is wrong with a manifest; endpoints are only looked up here
    if not isinstance(table, dict) or not all(isinstance(value, str) for value in table.values()):
        raise PolicyError(f"{path}: tool.depfund.endpoints maps service names to addresses, both text.")
    return {str(key).upper(): value for key, value in table.items()}
