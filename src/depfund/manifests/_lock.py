"""An unpinned Python manifest locked by ``uv lock`` in a scratch folder, then read as uv.lock: versions and edges.

Only the static metadata of the project goes there, as a virtual project that is never built. uv itself may build a
dependency whose metadata its authors left dynamic, as it does for everybody who locks it.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from depfund.errors import LockingError
from depfund.manifests._decode import toml
from depfund.manifests._file import File
from depfund.manifests._python import Wanted, dialect, normal, parse
from depfund.model import Graph, Kind, Note, Source

__all__ = ["lock", "locked", "scratch"]

PATIENCE = 900
"""Seconds until uv is stopped."""

_KEPT = re.compile(
    r"(?:PATH|HOME|USERPROFILE|APPDATA|LOCALAPPDATA|SYSTEMROOT|SYSTEMDRIVE|TEMP|TMP|TMPDIR|NETRC|LANG|LC_ALL"
    r"|XDG_(?:CACHE|CONFIG|DATA)_(?:HOME|DIRS)|SSL_CERT_(?:FILE|DIR)|REQUESTS_CA_BUNDLE|CURL_CA_BUNDLE"
    r"|(?:https?|all|no)_proxy|(?:HTTPS?|ALL|NO)_PROXY)|UV_.*"
)
_DROPPED = re.compile(
    r"UV_(?:PROJECT.*|FROZEN|LOCKED|NO_SYNC|WORKING_DIR.*|ENV_FILE|CONSTRAINT|OVERRIDE|BUILD_CONSTRAINT|EXCLUDE"
    r"|SYSTEM_PYTHON|TARGET|NO_PROJECT)"
)
_UV_TABLE = (
    *("index", "index-url", "extra-index-url", "find-links", "no-index", "index-strategy", "prerelease", "resolution"),
    *("fork-strategy", "exclude-newer", "constraint-dependencies", "override-dependencies", "environments"),
    *("required-environments", "conflicts", "dependency-metadata"),
)


def lock(file: File, *, uv: str | None = None, environ: Mapping[str, str] | None = None) -> bytes:
    """The ``uv.lock`` of a pyproject.toml, setup.cfg, Pipfile or requirements file.

    ``uv`` is the program (looked for on PATH, then in the extra ``depfund[resolve]``), ``environ`` what it inherits
    its index, proxy and certificate settings from. Raises :class:`~depfund.errors.LockingError`.
    """
    surroundings = dict(os.environ if environ is None else environ)
    program = uv or find_uv(surroundings)
    project = scratch(file)
    with tempfile.TemporaryDirectory(prefix="depfund-lock-") as folder:
        Path(folder, "pyproject.toml").write_text(project, encoding="utf-8")
        command = [program, "lock", "--project", folder, "--no-progress", "--color", "never"]
        try:
            done = subprocess.run(  # noqa: S603 - a list of arguments, no shell
                command,
                cwd=folder,
                env=_environment(surroundings, project),
                capture_output=True,
                timeout=PATIENCE,
                check=False,
                stdin=subprocess.DEVNULL,
            )
        except subprocess.TimeoutExpired as error:
            raise LockingError(
                f"{file.path}: uv did not finish locking within {PATIENCE} seconds. Lock the project yourself "
                "(`uv lock`) and give depfund the uv.lock."
            ) from error
        except OSError as error:
            raise LockingError(f"{file.path}: {program} cannot be run ({error.strerror}). Install uv again.") from error
        made = Path(folder, "uv.lock")
        if done.returncode != 0 or not made.is_file():
            raise LockingError(_failure(file, done.stderr.decode(errors="replace"), folder))
        return made.read_bytes()


def locked(file: File, graph: Graph, environ: Mapping[str, str] | None = None) -> Graph:
    """``graph`` with versions and edges; its source stays ``file``, whose digest is kept."""
    from depfund.manifests.uv_lock import read

    made = read(File(path=file.path, data=lock(file, environ=environ)))
    format_ = graph.sources[0].format if graph.sources else "pyproject"
    kept = tuple(note for note in graph.notes if note.code not in {"unpinned", "no_edges", "dynamic"})
    note = Note(
        level="info",
        code="locked",
        subject=file.path,
        message=f"{file.path} is not pinned; uv resolved it for this run. Keep a lockfile to get the same again.",
    )
    return replace(
        made,
        root=graph.root,
        sources=(Source(path=file.path, format=format_, sha256=file.sha256, edges=True),),
        notes=tuple(sorted({*made.notes, *kept, note}, key=lambda each: (each.subject, each.code, each.message))),
    )


def find_uv(environ: Mapping[str, str]) -> str:
    """The uv on PATH, else the one of the extra. Raises LockingError that says how to get it.

    Only absolute folders of PATH count: a ``.`` in it would run what lies in the project that is read.
    """
    folders = [each for each in environ.get("PATH", os.defpath).split(os.pathsep) if Path(each).is_absolute()]
    found = shutil.which("uv", path=os.pathsep.join(folders)) if folders else None
    if found and Path(found).is_absolute():
        return found
    try:
        from uv import find_uv_bin

        return str(find_uv_bin())
    except (ImportError, FileNotFoundError) as error:
        raise LockingError(
            "this manifest is not pinned, and uv, which can lock it, is not here. Install it with "
            "`pip install 'depfund[resolve]'`, or lock the project yourself and give depfund the lockfile; "
            "with lock=False (--no-lock) the manifest is taken as it is written."
        ) from error


def scratch(file: File) -> str:
    """The ``pyproject.toml`` that stands for ``file``: its static dependencies and its index settings."""
    from depfund.manifests import recognise

    made: dict[str, Any] = {
        "project": {"name": "depfund-scratch", "version": "0", "requires-python": _python(file)},
        "tool": {"uv": {"package": False}},
    }
    if recognise(file).name == "pyproject":
        _pyproject(file, made)
    else:
        _place(made, _wanted(file, made["tool"]["uv"]))
    return "".join(f"{_toml(key)} = {_toml(value)}\n" for key, value in made.items())


def _place(made: dict[str, Any], wanted: list[tuple[Kind, Wanted]]) -> None:
    """Put requirements where uv looks for their kind."""
    for kind, each in wanted:
        if _local(each):
            continue
        if kind == "dev":
            made.setdefault("dependency-groups", {}).setdefault("dev", []).append(_text(each))
        elif kind == "optional":
            made["project"].setdefault("optional-dependencies", {}).setdefault("all", []).append(_text(each))
        else:
            made["project"].setdefault("dependencies", []).append(_text(each))


def _toml(value: Any) -> str:
    """A value in TOML's inline notation; times become text, which uv takes as well."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{_toml(str(key))} = {_toml(each)}" for key, each in value.items()) + " }"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(_toml, value)) + "]"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return str(value)
    text = value.isoformat() if hasattr(value, "isoformat") else str(value)
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _wanted(file: File, uv: dict[str, Any]) -> list[tuple[Kind, Wanted]]:
    """The requirements of a file other than pyproject.toml; the index and constraints it sets go into ``uv``."""
    from depfund.manifests import recognise

    name = recognise(file).name
    if name == "pipfile":
        from depfund.manifests.pipfile import declared as sections

        return [(kind, wanted) for _, kind, wanted in sections(file).sections]
    if name == "setup-cfg":
        from depfund.manifests.setup_cfg import declared as setuptools

        return [(kind, wanted) for kind, wanted in setuptools(file).wanted if kind != "build"]
    from depfund.manifests.requirements import lines

    found = lines(file)
    if found.index:
        uv["index-url"] = found.index
    constraints = [_text(line.wanted) for line in found.lines if line.constraint]
    if constraints:
        uv["constraint-dependencies"] = constraints
    return [("runtime", line.wanted) for line in found.lines if not line.constraint]


def _pyproject(file: File, made: dict[str, Any]) -> None:
    """PEP 621 and PEP 735 tables as they are, less what is local; those of Poetry and PDM in these terms."""
    from depfund.manifests.pyproject import declared

    project = declared(file)
    if "dependencies" in project.dynamic:
        raise LockingError(
            f"{file.path} fills its dependencies while it is built (project.dynamic), and depfund builds no project. "
            "Lock it with its own tool (`uv lock`) and give depfund the lockfile."
        )
    plain = toml(file)
    stated = plain.get("project") or {}
    table = (plain.get("tool") or {}).get("uv") or {}
    uv = made["tool"]["uv"]
    uv.update({key: table[key] for key in _UV_TABLE if key in table})
    sources = table.get("sources") or {}
    local = {normal(name) for name, source in sources.items() if _stays(source)}
    kept = {name: source for name, source in sources.items() if normal(name) not in local}
    if kept:
        uv["sources"] = kept
    own = normal(project.name or "-")
    seen: set[str] = set()
    tables: list[tuple[dict[str, Any], str]] = [(stated, "dependencies"), (table, "dev-dependencies")]
    tables += [
        (stated.get("optional-dependencies") or {}, extra) for extra in stated.get("optional-dependencies") or {}
    ]
    tables += [(plain.get("dependency-groups") or {}, group) for group in plain.get("dependency-groups") or {}]
    for rows, key in tables:
        if key in rows:
            rows[key] = [row for row in rows[key] if not _dropped(row, local)]
            seen |= {wanted.name for row in rows[key] if isinstance(row, str) and (wanted := parse(row))}
    for key in ("name", "dependencies", "optional-dependencies"):
        if stated.get(key):
            made["project"][key] = stated[key]
    if plain.get("dependency-groups"):
        made["dependency-groups"] = plain["dependency-groups"]
    if table.get("dev-dependencies"):
        uv["dev-dependencies"] = table["dev-dependencies"]
    _place(made, [(kind, each) for kind, each in project.wanted if each.name not in seen | local | {own}])


def _dropped(row: Any, local: set[str]) -> bool:
    wanted = parse(row) if isinstance(row, str) else None
    return wanted is not None and (wanted.name in local or _local(wanted))


def _stays(source: Any) -> bool:
    """Whether a source is a path or a member of the workspace: there is none in the scratch folder."""
    rows = source if isinstance(source, list) else [source]
    return any(isinstance(row, dict) and ("path" in row or "workspace" in row) for row in rows)


def _local(wanted: Wanted) -> bool:
    return wanted.url.startswith(("file:", ".", "/")) or (bool(wanted.url) and "://" not in wanted.url)


def _text(wanted: Wanted) -> str:
    extras = f"[{','.join(wanted.extras)}]" if wanted.extras else ""
    tail = f" @ {wanted.url}" if wanted.url else dialect(wanted.spec)
    marker = f" ; {wanted.marker}" if wanted.marker else ""
    return f"{wanted.name}{extras}{tail}{marker}"


def _python(file: File) -> str:
    """The versions of Python that the project takes; where it does not say, those this interpreter stands for."""
    here = f">={sys.version_info.major}.{sys.version_info.minor}"
    if not file.name.endswith(".toml"):
        return here
    plain = toml(file)
    project = plain.get("project")
    stated = project.get("requires-python") if isinstance(project, dict) else None
    poetry = (plain.get("tool") or {}).get("poetry")
    if stated is None and isinstance(poetry, dict) and isinstance(poetry.get("dependencies"), dict):
        stated = dialect(str(poetry["dependencies"].get("python", ""))) or None
    return str(stated or here)


def _environment(surroundings: Mapping[str, str], project: str) -> dict[str, str]:
    """What uv needs: paths, proxies, certificates, its own settings, and pip's index where it has none."""
    kept = {key: value for key, value in surroundings.items() if _KEPT.fullmatch(key) and not _DROPPED.fullmatch(key)}
    index = surroundings.get("PIP_INDEX_URL")
    if index and not {"UV_INDEX_URL", "UV_DEFAULT_INDEX"} & set(kept) and "index-url" not in project:
        kept["UV_DEFAULT_INDEX"] = index
    extra = surroundings.get("PIP_EXTRA_INDEX_URL")
    if extra and not {"UV_EXTRA_INDEX_URL", "UV_INDEX"} & set(kept):
        kept["UV_EXTRA_INDEX_URL"] = extra
    return kept


def _failure(file: File, said: str, folder: str) -> str:
    lines = [line.strip(" ╰╭│├▶─▲×·") for line in said.replace(folder, "").splitlines()]
    lines = [line for line in lines if line and not line.startswith(("Using CPython", "warning:", "hint:"))]
    text = re.sub(r"://[^/\s@]*@", "://", " ".join(lines))[:900] or "it gave no reason"
    return (
        f"{file.path}: uv could not lock it: {text} Correct the requirements, or lock the project yourself and give "
        "depfund the lockfile; with lock=False (--no-lock) the manifest is taken as it is written."
    )
