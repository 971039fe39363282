# ruff: noqa: INP001 - a script, not part of a package
"""Sphinx configuration: MyST pages, API from the docstrings, no network (intersphinx is off on purpose)."""

from __future__ import annotations

from docutils.nodes import Element
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

import depfund

project = "depfund"
author = "depfund contributors"
html_show_copyright = False
version = release = depfund.__version__

extensions = ["myst_parser", "sphinx.ext.autodoc"]
exclude_patterns = ["_build", "**/_*.md"]
root_doc = "index"

html_theme = "furo"
html_title = f"depfund {release}"
html_copy_source = False
html_show_sphinx = False

myst_enable_extensions = ["deflist", "colon_fence"]
myst_heading_anchors = 3

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_class_signature = "separated"
autodoc_preserve_defaults = True
autodoc_default_options = {"exclude-members": "__init__, __new__"}
python_use_unqualified_type_names = True
python_maximum_signature_line_length = 100

nitpicky = True
# Names of other libraries have no pages here; every name of depfund must.
nitpick_ignore_regex = [(r"py:.*", r"(?!depfund\.).*"), (r"py:class", r"depfund\..*\.[A-Z]")]  # and type variables


def public_name(app: Sphinx, env: BuildEnvironment, node: pending_xref, content: Element) -> Element | None:
    """A reference to ``depfund.NAME`` leads to the page of the module that NAME comes from."""
    target = node.get("reftarget", "")
    name = target.removeprefix("depfund.")
    if name == target or name not in depfund.__all__:
        return None
    home = getattr(getattr(depfund, name), "__module__", "")
    domain = env.domains["py"]
    found = domain.resolve_xref(env, node["refdoc"], app.builder, node["reftype"], f"{home}.{name}", node, content)
    return found if home else None


def setup(app: Sphinx) -> None:
    """Called by Sphinx."""
    app.connect("missing-reference", public_name)
