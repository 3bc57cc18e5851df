"""What the page carries inside itself: Leaflet from XStatic-Leaflet, and our own styles and scripts."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from importlib import resources

from markupsafe import Markup

OUR_SCRIPTS = (
    "format.js", "language.js", "network.js", "labels.js", "controls.js", "paper.js", "model.js", "sums.js", "areas.js",
    "places.js", "points.js", "figures.js", "ask.js", "change.js", "page.js",
)  # fmt: skip
"""Files in ``templates/`` that together make the page's script, in the order of their reading."""

# Harmless in JSON, but "</script>" ends a script element, "<!--" confuses one, and U+2028 ended a JavaScript line
# before ES2019. Escaped like this the text still parses to the same value.
_UNSAFE_IN_SCRIPT = str.maketrans({character: f"\\u{ord(character):04x}" for character in "<>&\u2028\u2029"})

_URL = re.compile(r"url\(([^)]*)\)")
_SOURCE_MAP = re.compile(r"^//# sourceMappingURL=.*$", re.MULTILINE)


def leaflet_script() -> Markup:
    """Give Leaflet's script without the comment that would make developer tools ask for its source map."""
    return Markup(_SOURCE_MAP.sub("", _leaflet_file("leaflet.js").decode("utf-8")))  # noqa: S704 - Leaflet's own


def leaflet_style() -> Markup:
    """Give Leaflet's style sheet with its images inside it."""
    return Markup(_URL.sub(_inlined, _leaflet_file("leaflet.css").decode("utf-8")))  # noqa: S704 - Leaflet's own


def our_script() -> Markup:
    """Give the page's own script: the files of ``templates/`` in one function, which offers ``startPage``."""
    body = "\n".join(template_text(name) for name in OUR_SCRIPTS)
    return Markup(f'(() => {{\n"use strict";\n{body}\nwindow.startPage = startPage;\n}})();')  # noqa: S704 - ours


def our_style() -> Markup:
    """Give the page's own style sheet."""
    return Markup(template_text("page.css") + template_text("print.css"))  # noqa: S704 - ours


def sprite() -> Markup:
    """Give the shapes of levels and the patterns of changed areas, to which the page refers by name."""
    return Markup(template_text("shapes.svg"))  # noqa: S704 - ours


def template_text(name: str) -> str:
    """Read a file of ``templates/``."""
    return resources.files(__package__).joinpath("templates", name).read_text(encoding="utf-8")


def to_script_json(value: object) -> Markup:
    r"""Write a value as JSON that no text inside it can break out of.

    Raises
    ------
    ValueError
        A number is NaN or infinite, which JSON cannot say.

    Examples
    --------
    >>> print(to_script_json({"name": "</script>"}))
    {"name":"\u003c/script\u003e"}
    """
    written = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return Markup(written.translate(_UNSAFE_IN_SCRIPT))  # noqa: S704 - escaped on this line


def script_hash(script: str) -> str:
    """Give the Content-Security-Policy source that allows exactly one inline script."""
    return "'sha256-" + base64.b64encode(hashlib.sha256(script.encode("utf-8")).digest()).decode("ascii") + "'"


def _leaflet_file(name: str) -> bytes:
    data = resources.files("xstatic.pkg.leaflet").joinpath("data")
    return data.joinpath(*name.split("/")).read_bytes()


def _inlined(match: re.Match[str]) -> str:
    address = match[1].strip("\"'")
    if address.startswith("#"):  # url(#default#VML): a behaviour of Internet Explorer 8, never a file
        return "none"
    encoded = base64.b64encode(_leaflet_file(address)).decode("ascii")
    return f"url(data:image/png;base64,{encoded})"
