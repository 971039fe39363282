"""The ecosystems' own client settings, so that a company's mirror is honoured without asking.

Read from the environment the Config carries and from the files it points to: pip (``PIP_INDEX_URL``, ``pip.conf``),
uv (``UV_DEFAULT_INDEX``, ``UV_INDEX_URL``, ``uv.toml``), npm (``npm_config_registry``, ``.npmrc``, scopes) and Go
(``GOPROXY``, ``GOPRIVATE``). An empty environment reads no file at all.
"""

from __future__ import annotations

import base64
import configparser
import fnmatch
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path

from depfund.config import own_text
from depfund.http.addresses import parts_of

__all__ = ["Settings"]

_VARIABLE = re.compile(r"\$\{([^{}$]+)\}")


class Settings:
    """What pip, uv, npm and Go would use in this environment. Broken files are as if they were absent."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self.environ = environ

    def mirror(self, service: str) -> str | None:
        """The address that replaces the public one of PYPI, NPM or GOPROXY; None for the public one."""
        found = {"PYPI": self._python, "NPM": self._npm, "GOPROXY": self._go}.get(service)
        return found() if found else None

    def scoped(self, name: str) -> str | None:
        """The registry that an npm scope is bound to (``@scope:registry=…``)."""
        if not name.startswith("@") or "/" not in name:
            return None
        return self._npmrc.get(f"{name.split('/')[0]}:registry")

    def private(self, service: str, name: str) -> bool:
        """Whether GOPRIVATE or GONOPROXY say that a Go module is nobody else's business."""
        if service != "GOPROXY" or not name:
            return False
        patterns = f"{self.environ.get('GOPRIVATE', '')},{self.environ.get('GONOPROXY', '')}".split(",")
        parts = name.split("/")
        return any(
            fnmatch.fnmatchcase("/".join(parts[: pattern.count("/") + 1]), pattern)
            for pattern in (each.strip().rstrip("/") for each in patterns)
            if pattern and pattern != "none"
        )

    def named(self, url: str) -> str | None:
        """The same address as the user's own settings write it (also as an extra index), perhaps with credentials."""
        from depfund.http.endpoints import bare

        wanted = url.rstrip("/").removesuffix("/simple")
        named = [self._python(), self._npm(), self._go(), *self._extra(), *self._scopes()]
        return next((each for each in named if each and bare(each)[0].removesuffix("/simple") == wanted), None)

    def credentials(self, url: str) -> str | None:
        """The Authorization value that .npmrc holds for the registry at ``url``."""
        parts = parts_of(url)
        place = f"//{parts.netloc}{parts.path}".rstrip("/") + "/"
        while place.count("/") > 2:
            if token := self._npmrc_user.get(f"{place}:_authToken"):
                return f"Bearer {token}"
            if basic := self._npmrc_user.get(f"{place}:_auth"):
                return f"Basic {basic}"
            user, password = self._npmrc_user.get(f"{place}:username"), self._npmrc_user.get(f"{place}:_password")
            if user and password:
                try:
                    plain = base64.b64decode(password).decode()
                except ValueError:
                    return None
                return "Basic " + base64.b64encode(f"{user}:{plain}".encode()).decode()
            place = place.rstrip("/").rpartition("/")[0] + "/"
        return None

    # Python

    def _python(self) -> str | None:
        for key in ("UV_DEFAULT_INDEX", "UV_INDEX_URL", "PIP_INDEX_URL"):
            if found := _address(self.environ.get(key, "").split()[-1:]):
                return found
        return self._uv_index or _address([self._pip.get("index-url", "")])

    def _extra(self) -> list[str]:
        words = " ".join(self.environ.get(key, "") for key in ("UV_INDEX", "UV_EXTRA_INDEX_URL", "PIP_EXTRA_INDEX_URL"))
        named = f"{words} {self._pip.get('extra-index-url', '')}".split()
        return [each.partition("=")[2] if re.match(r"[\w-]+=https?:", each) else each for each in named]

    @cached_property
    def _uv_index(self) -> str | None:
        for path in self._files("UV_CONFIG_FILE", "uv/uv.toml", "/etc/uv/uv.toml"):
            try:
                table = tomllib.loads(own_text(path))
            except (OSError, ValueError, RecursionError):
                continue
            rows = table.get("index", [])
            for row in rows if isinstance(rows, list) else []:
                if isinstance(row, dict) and row.get("default") is True and (found := _address([row.get("url")])):
                    return found
            pip = table.get("pip", {})
            if found := _address([table.get("index-url"), pip.get("index-url") if isinstance(pip, dict) else None]):
                return found
        return None

    @cached_property
    def _pip(self) -> dict[str, str]:
        found: dict[str, str] = {}
        if self.environ.get("PIP_CONFIG_FILE") == "/dev/null":
            return found
        for path in reversed(
            list(self._files("PIP_CONFIG_FILE", "pip/pip.conf", "/etc/pip.conf", "/etc/xdg/pip/pip.conf"))
        ):
            parser = configparser.RawConfigParser(strict=False)
            try:
                parser.read_string(own_text(path))
            except (OSError, ValueError, configparser.Error):
                continue
            for section in ("global", "install"):
                if parser.has_section(section):
                    found |= {key.replace("_", "-"): value for key, value in parser.items(section)}
        return found

    def _files(self, variable: str, under: str, *system: str) -> Iterator[Path]:
        """Configuration files, the one that wins first."""
        env = self.environ
        if not env:
            return
        if named := env.get(variable):
            yield Path(named)
        if (venv := env.get("VIRTUAL_ENV")) and under.startswith("pip/"):
            yield Path(venv, "pip.conf")
        if home := env.get("HOME"):
            if under.startswith("pip/"):
                yield Path(home, ".pip", "pip.conf")
            yield Path(env.get("XDG_CONFIG_HOME") or Path(home, ".config"), under)
            yield Path(home, "Library", "Application Support", under)
        if roaming := env.get("APPDATA"):
            yield Path(roaming, under.replace(".conf", ".ini"))
        if env.get("HOME"):
            yield from (Path(each) for each in system)

    # npm and Go

    def _npm(self) -> str | None:
        for key in ("npm_config_registry", "NPM_CONFIG_REGISTRY"):
            if found := _address([self.environ.get(key)]):
                return found
        return _address([self._npmrc.get("registry")])

    def _scopes(self) -> list[str]:
        return [value for key, value in self._npmrc.items() if key.startswith("@") and key.endswith(":registry")]

    @cached_property
    def _npmrc_user(self) -> dict[str, str]:
        """The user's .npmrc, the only one whose credentials are used."""
        env = self.environ
        path = env.get("NPM_CONFIG_USERCONFIG") or env.get("npm_config_userconfig")
        return _npmrc(Path(path) if path else Path(env["HOME"], ".npmrc") if env.get("HOME") else None, env)

    @cached_property
    def _npmrc(self) -> dict[str, str]:
        env = self.environ
        shared = env.get("NPM_CONFIG_GLOBALCONFIG") or env.get("npm_config_globalconfig")
        project = _npmrc(Path(env["PWD"], ".npmrc") if env.get("PWD") else None, env)
        here = {key: value for key, value in project.items() if key == "registry" or key.endswith(":registry")}
        return {**_npmrc(Path(shared) if shared else None, env), **self._npmrc_user, **here}

    def _go(self) -> str | None:
        first = re.split(r"[,|]", self.environ.get("GOPROXY", ""))[0].strip()
        return _address([first])


def _address(values: Sequence[object]) -> str | None:
    """The first of ``values`` that is an http address."""
    return next((each for each in values if isinstance(each, str) and each.startswith(("https://", "http://"))), None)


def _npmrc(path: Path | None, environ: Mapping[str, str]) -> dict[str, str]:
    """The keys of an .npmrc, with ``${VARIABLES}`` put in."""
    if path is None:
        return {}
    try:
        lines = own_text(path).splitlines()
    except (OSError, ValueError):
        return {}
    found: dict[str, str] = {}
    for line in lines:
        key, equals, value = line.partition("=")
        if equals and not key.lstrip().startswith((";", "#")):
            text = value.strip().strip("\"'")
            found[key.strip()] = _VARIABLE.sub(lambda m: environ.get(m[1], ""), text)
    return found
