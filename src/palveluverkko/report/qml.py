"""Layer styles in the QML of QGIS 3: rules, simple symbols, labels."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal
from xml.etree import ElementTree as ET

from palveluverkko.report.looks import to_rgb

DOCTYPE = "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n"

_VERSION = "3.28.0"  # oldest long-term release whose <Option> form of symbol properties this is
_KEYS = uuid.UUID("6f3f4c0e-2a53-5b0a-9a35-0d0f5be0a1c4")  # any fixed one: keys of rules then never change


@dataclass(frozen=True)
class Symbol:
    """One simple symbol.

    Attributes
    ----------
    kind
        Geometry it draws.
    fill
        ``#rrggbb`` of the inside of a fill or marker; None leaves it empty.
    outline
        ``#rrggbb`` of the outline, or of the line itself; None draws none.
    width, size
        Of the outline or line, and of a marker, millimetres.
    shape
        Marker shape as QGIS names it.
    dashed
        Whether the line is dashed.
    opacity
        0–1.
    """

    kind: Literal["fill", "line", "marker"]
    fill: str | None = None
    outline: str | None = None
    width: float = 0.2
    size: float = 2.0
    shape: str = "circle"
    dashed: bool = False
    opacity: float = 1.0


@dataclass(frozen=True)
class Rule:
    """One line of the legend: a symbol for the features that a filter lets through, or a heading over others."""

    label: str
    where: str = ""
    symbol: Symbol | None = None
    rules: tuple[Rule, ...] = ()
    shown: bool = True


@dataclass(frozen=True)
class Style:
    """What a layer looks like: rules, and the column that labels it, if any."""

    rules: tuple[Rule, ...]
    label_column: str | None = None
    label_size: float = 9.0


def equals(column: str, value: str | float) -> str:
    r"""Write a QGIS expression that a column equals a value.

    Examples
    --------
    >>> equals("name", "O'Hara"), equals("to_min", 30.0)
    ('"name" = \'O\'\'Hara\'', '"to_min" = 30')
    """
    name = '"' + column.replace('"', '""') + '"'
    shown = f"{value:.10g}" if isinstance(value, (int, float)) else "'" + value.replace("'", "''") + "'"
    return f"{name} = {shown}"


def to_qml(style: Style) -> str:
    """Write a style as the text of a QML document."""
    root = ET.Element("qgis", version=_VERSION, styleCategories="Symbology|Labeling")
    root.set("labelsEnabled", "1" if style.label_column else "0")
    renderer = ET.SubElement(
        root,
        "renderer-v2",
        type="RuleRenderer",
        symbollevels="0",
        enableorderby="0",
        forceraster="0",
        referencescale="-1",
    )
    symbols: list[Symbol] = []
    rules = ET.SubElement(renderer, "rules", key=_key("root"))
    for rule in style.rules:
        _add_rule(rules, rule, "root", symbols)
    drawn = ET.SubElement(renderer, "symbols")
    for number, symbol in enumerate(symbols):
        _add_symbol(drawn, symbol, str(number))
    if style.label_column:
        _add_labels(root, style.label_column, style.label_size)
    ET.indent(root)
    return DOCTYPE + ET.tostring(root, encoding="unicode") + "\n"


def _add_rule(parent: ET.Element, rule: Rule, path: str, symbols: list[Symbol]) -> None:
    path = f"{path}/{rule.label}/{rule.where}"
    element = ET.SubElement(parent, "rule", key=_key(path), label=rule.label)
    if rule.where:
        element.set("filter", rule.where)
    if not rule.shown:
        element.set("checkstate", "0")
    if rule.symbol is not None:
        element.set("symbol", str(len(symbols)))
        symbols.append(rule.symbol)
    for child in rule.rules:
        _add_rule(element, child, path, symbols)


def _add_symbol(parent: ET.Element, symbol: Symbol, name: str) -> None:
    element = ET.SubElement(
        parent,
        "symbol",
        name=name,
        type=symbol.kind,
        alpha=f"{symbol.opacity:g}",
        clip_to_extent="1",
        force_rhr="0",
    )
    classes = {"fill": "SimpleFill", "line": "SimpleLine", "marker": "SimpleMarker"}
    layer = ET.SubElement(element, "layer", {"class": classes[symbol.kind], "enabled": "1", "locked": "0", "pass": "0"})
    _add_options(layer, _properties(symbol))


def _properties(symbol: Symbol) -> Mapping[str, str]:
    outline_style = "no" if symbol.outline is None else ("dash" if symbol.dashed else "solid")
    if symbol.kind == "line":
        return {
            "line_color": _rgba(symbol.outline),
            "line_style": outline_style,
            "line_width": f"{symbol.width:g}",
            "line_width_unit": "MM",
            "capstyle": "round",
            "joinstyle": "round",
            "use_custom_dash": "0",
        }
    outline = {
        "color": _rgba(symbol.fill),
        "outline_color": _rgba(symbol.outline),
        "outline_style": outline_style,
        "outline_width": f"{symbol.width:g}",
        "outline_width_unit": "MM",
        "joinstyle": "round",
    }
    if symbol.kind == "fill":
        return {**outline, "style": "no" if symbol.fill is None else "solid"}
    return {**outline, "name": symbol.shape, "size": f"{symbol.size:g}", "size_unit": "MM", "scale_method": "diameter"}


def _add_labels(root: ET.Element, column: str, size: float) -> None:
    """Label features with a column, on a white halo, where there is room."""
    labeling = ET.SubElement(root, "labeling", type="simple")
    settings = ET.SubElement(labeling, "settings", calloutType="simple")
    style = ET.SubElement(
        settings,
        "text-style",
        fieldName=column,
        isExpression="0",
        fontFamily="Open Sans",
        fontSize=f"{size:g}",
        fontSizeUnit="Point",
        fontWeight="50",
        textColor="34,49,63,255",
        textOpacity="1",
    )
    ET.SubElement(
        style,
        "text-buffer",
        bufferDraw="1",
        bufferSize="0.8",
        bufferSizeUnits="MM",
        bufferColor="255,255,255,255",
        bufferOpacity="0.85",
        bufferNoFill="1",
        bufferJoinStyle="128",
    )
    ET.SubElement(settings, "placement", placement="6", dist="1", distUnits="MM", priority="5")
    ET.SubElement(settings, "rendering", drawLabels="1", displayAll="0", obstacle="1")


def _add_options(parent: ET.Element, properties: Mapping[str, str]) -> None:
    options = ET.SubElement(parent, "Option", type="Map")
    for name, value in properties.items():
        ET.SubElement(options, "Option", name=name, type="QString", value=value)


def _rgba(colour: str | None) -> str:
    return "0,0,0,0" if colour is None else "{},{},{},255".format(*to_rgb(colour))


def _key(path: str) -> str:
    return "{" + str(uuid.uuid5(_KEYS, path)) + "}"
