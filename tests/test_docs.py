"""The documentation is complete, its links lead somewhere, and its examples run."""

from __future__ import annotations

import re
import runpy
import shlex
import tomllib
from pathlib import Path

import pytest
from loopback import file, serving
from pydantic import BaseModel
from typer.main import get_command
from typer.testing import CliRunner
from wfs_server import answering, square

import palveluverkko as pv
from palveluverkko.cli.commands import app
from palveluverkko.study.study import Study

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted(DOCS.glob("*.md"))]
WITH_PYTHON = [ROOT / "README.md", DOCS / "python.md", DOCS / "engine.md"]


@pytest.fixture
def study_folder(tmp_path, monkeypatch):
    """Make a folder that looks to the examples like the root of the repository, and takes what they write."""
    (tmp_path / "data").symlink_to(ROOT / "data")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path


@pytest.fixture
def the_web(monkeypatch):
    """Serve from this machine, as the web would, what the examples fetch."""
    monkeypatch.setenv("no_proxy", "*")
    with serving() as server:
        monkeypatch.setenv("PALVELUVERKKO_MIRROR", server.url)
        server.route("/europe/finland-latest.osm.pbf", file((ROOT / "data" / "lappi" / "lappi.osm.pbf").read_bytes()))
        for name in ("POPULATION", "AREAS"):
            monkeypatch.setenv(f"PALVELUVERKKO_{name}_WFS", f"{server.url}/{name}")
            server.route(f"/{name}", answering([square(one) for one in range(5)]))
        yield server


def keys_of(model: type[BaseModel]) -> list[tuple[str, str]]:
    """Give (section, key) for every key of a study file."""
    found = []
    for section, field in model.model_fields.items():
        kinds = [kind for kind in (field.annotation, *flattened(field.annotation)) if isinstance(kind, type)]
        inner = next((kind for kind in kinds if issubclass(kind, BaseModel)), None)
        found += [(section, key) for key in inner.model_fields] if inner else []
    return found


def flattened(annotation: object) -> list[object]:
    """Give the types inside an annotation such as ``tuple[NormSection, ...]``."""
    arguments = list(getattr(annotation, "__args__", ()))
    return arguments + [deeper for one in arguments for deeper in flattened(one)]


def blocks(page: Path, language: str) -> list[str]:
    """Give the code blocks of a page."""
    return re.findall(rf"^```{language}\n(.*?)^```$", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


def command_names() -> list[str]:
    """Give every command, those of groups with the name of the group."""
    names = []
    for name, command in get_command(app).commands.items():
        inner = getattr(command, "commands", None)
        names += [f"{name} {deeper}" for deeper in inner] if inner else [name]
    return names


def anchor(heading: str) -> str:
    """Give the anchor that GitHub makes of a heading."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


def test_the_study_has_keys_to_document():
    assert ("output", "cell_metres") in keys_of(Study)
    assert ("norm", "share") in keys_of(Study)


@pytest.mark.parametrize(("section", "key"), keys_of(Study))
def test_every_key_of_a_study_is_in_the_table_of_its_section(section, key):
    text = (DOCS / "study-file.md").read_text(encoding="utf-8")
    parts = re.split(r"^## ", text, flags=re.MULTILINE)
    own = next(part for part in parts if f"[{section}]" in part.partition("\n")[0])
    assert f"| `{key}` |" in own


@pytest.mark.parametrize("name", pv.__all__)
def test_every_public_name_is_in_the_tour(name):
    assert f"pv.{name}" in (DOCS / "python.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", command_names())
def test_every_command_has_a_section_and_an_example(name):
    assert re.search(rf"^## `{name}\b", (DOCS / "commands.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert any(re.search(rf"\$ palveluverkko {name}\b", block) for block in blocks(DOCS / "commands.md", "console"))


def test_every_option_of_a_command_is_in_its_page():
    text = (DOCS / "commands.md").read_text(encoding="utf-8")
    group = get_command(app)
    inner = [deeper for one in group.commands.values() for deeper in getattr(one, "commands", {}).values()]
    commands = [*group.commands.values(), *inner]
    options = {option for command in commands for parameter in command.params for option in parameter.opts}
    missing = [option for option in sorted(options) if option.startswith("--") and option not in text]
    assert missing == []


def test_every_dependency_is_explained_and_no_other():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [*project["dependencies"], *(one for group in project["optional-dependencies"].values() for one in group)]
    names = {re.match(r"[\w.-]+", one).group() for one in wanted}
    explained = re.findall(r"^\| `([\w.-]+)` \|", (DOCS / "dependencies.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(explained) == sorted(names)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_relative_links_lead_somewhere(page):
    text = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    broken = []
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        path, _, fragment = target.partition("#")
        if re.match(r"[a-z]+:", target):
            continue
        file = (page.parent / path).resolve() if path else page
        if not file.exists():
            broken.append(target)
        elif fragment:
            headings = re.findall(r"^#+ (.*)$", file.read_text(encoding="utf-8"), re.MULTILINE)
            broken += [] if fragment in map(anchor, headings) else [target]
    assert broken == []


@pytest.mark.parametrize("page", WITH_PYTHON, ids=lambda page: page.name)
def test_python_examples_run(page, study_folder):
    script = study_folder / "example.py"
    script.write_text("\n".join(blocks(page, "python")), encoding="utf-8")
    runpy.run_path(str(script))


@pytest.mark.usefixtures("study_folder", "the_web")
def test_console_examples_print_what_the_page_says():
    shown = "\n".join(blocks(DOCS / "commands.md", "console"))
    examples = re.findall(r"^\$ palveluverkko (.*)\n((?:(?!\$ ).*\n?)*)", shown, re.MULTILINE)
    assert len(examples) >= len(command_names())
    for line, said in examples:
        result = CliRunner().invoke(app, shlex.split(line), catch_exceptions=False)
        pattern = re.escape(said.strip()).replace(re.escape("\n...\n"), r"\n(?:.*\n)*")
        assert result.exit_code == 0, line
        assert re.fullmatch(pattern, result.stdout.strip()), f"{line}\n{result.stdout}"


def test_the_picture_in_the_readme_is_small():
    assert (DOCS / "img" / "lappi_map.png").stat().st_size < 300_000
