# ruff: noqa: S314 - the XML is our own
from xml.etree import ElementTree as ET

from palveluverkko.report.qml import Rule, Style, Symbol, equals, to_qml


def test_every_rule_with_a_symbol_points_to_a_symbol_of_its_own():
    style = Style(
        (
            Rule(
                "near",
                equals("level", "L"),
                rules=(Rule("0–15", equals("to_min", 15.0), Symbol("fill", fill="#102030")),),
            ),
            Rule("<else> & more", "ELSE", Symbol("fill", outline="#ffffff", opacity=0.5), shown=False),
        )
    )
    root = ET.fromstring(to_qml(style))
    rules = [rule for rule in root.iter("rule") if "symbol" in rule.attrib]
    symbols = {symbol.get("name"): symbol for symbol in root.find("renderer-v2/symbols")}
    assert [rule.get("label") for rule in rules] == ["0–15", "<else> & more"]
    assert sorted(symbols) == sorted(rule.get("symbol") for rule in rules)
    assert rules[1].get("checkstate") == "0"
    first = {option.get("name"): option.get("value") for option in symbols["0"].iter("Option") if option.get("name")}
    assert first["color"] == "16,32,48,255"
    assert first["outline_style"] == "no"


def test_rules_have_keys_of_their_own_that_never_change():
    style = Style((Rule("a", "x"), Rule("b", "x"), Rule("a", "y", rules=(Rule("a", "x"),))))
    keys = [rule.get("key") for rule in ET.fromstring(to_qml(style)).iter("rule")]
    assert len(set(keys)) == 4
    assert to_qml(style) == to_qml(style)


def test_values_in_expressions_cannot_break_out_of_their_quotes():
    assert equals('a"b', "it's") == "\"a\"\"b\" = 'it''s'"
    assert equals("to_min", 12.5) == '"to_min" = 12.5'


def test_labels_are_asked_for_only_with_a_column():
    plain, labelled = Style((Rule("a"),)), Style((Rule("a"),), label_column="name")
    assert ET.fromstring(to_qml(plain)).get("labelsEnabled") == "0"
    root = ET.fromstring(to_qml(labelled))
    assert root.get("labelsEnabled") == "1"
    assert root.find("labeling/settings/text-style").get("fieldName") == "name"
