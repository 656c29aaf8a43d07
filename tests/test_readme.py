"""The documentation is tested: what it names exists, what exists is named, and its examples can be used."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import get_args

import pytest
import yaml

from ingest.entities import entities
from ingest.spec import ColumnSource, Extract, Pages, Read, Source, TotalsRow, load, match_file, sources

ROOT = Path(__file__).resolve().parent.parent
READMES = ("README.md", "README.zh-CN.md")
DOCUMENTS = [
    *READMES, "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "docs/sources.md", "docs/delivery.md", "docs/bi.md", "docs/analyst-guide.md", "docs/glossary.md", "docs/traceability.md",
    *(str(path.relative_to(ROOT)) for path in sorted((ROOT / "docs" / "decisions").glob("*.md"))),
]  # fmt: skip
CODE = ("dags", "ingest", "expectations", "dbt_project", "exports")


def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def fenced(name: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", text_of(name), re.M | re.S)


def commands(name: str) -> list[str]:
    """Lines of shell in a document, without comments: indented blocks outside the folder overview."""
    lines = re.findall(r"^    (\S.*)$", re.sub(r"^```.*?^```", "", text_of(name), flags=re.M | re.S), re.M)
    lines = [re.sub(r"\s+# .*", "", line) for line in lines]
    return [
        line for line in lines if not re.match(r"(?:dags|ingest|expectations|dbt_project|exports|tests|docs)/\s", line)
    ]


@cache
def variables_in_code() -> set[str]:
    files = [ROOT / "Makefile", *(path for room in CODE for path in (ROOT / room).rglob("*"))]
    texts = [
        path.read_text(encoding="utf-8")
        for path in files
        if path.suffix in {".py", ".sql", ".yml", ".yaml", ""} and path.is_file()
    ]
    return set(re.findall(r"XUBAO_[A-Z_]+[A-Z]", "\n".join(texts)))


def cells(document: str, heading: str) -> list[str]:
    """Names in the first column of all tables under a heading."""
    part = re.split(rf"^## .*{heading}.*$", text_of(document), flags=re.M)[1].split("\n## ")[0]
    first = [line.split("|")[1] for line in part.splitlines() if line.startswith("|")]
    return [name for cell in first for name in re.findall(r"`([^`]+)`", cell)]


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_make_target_a_document_names_exists(name: str) -> None:
    targets = set(re.findall(r"^([a-z-]+):", text_of("Makefile"), re.M))
    named = set(re.findall(r"(?:`|^    )make ([a-z]+)", text_of(name), re.M))
    assert named <= targets, f"{name} names {sorted(named - targets)}, which the Makefile does not have"


@pytest.mark.parametrize("name", READMES)
def test_every_make_target_is_shown_by_help_or_named(name: str) -> None:
    for target in ("nightly", "test", "up", "lint", "bench", "clean", "help"):
        assert f"    make {target}" in text_of(name), f"{name} does not say what `make {target}` does"


@pytest.mark.parametrize("name", READMES)
def test_the_table_of_variables_is_what_the_code_reads(name: str) -> None:
    named = set(cells(name, "(?:Environment variables|环境变量)"))
    assert named == variables_in_code(), f"the table of variables in {name} and the code differ"


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_variable_a_document_names_exists(name: str) -> None:
    named = set(re.findall(r"XUBAO_[A-Z_]+[A-Z]", text_of(name)))
    assert named <= variables_in_code(), f"{name} names {sorted(named - variables_in_code())}"


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_path_a_document_names_exists(name: str) -> None:
    text = text_of(name)
    files_of_dbt = {path.name for folder in ("models", "seeds") for path in (ROOT / "dbt_project" / folder).rglob("*")}
    named = [link for link in re.findall(r"\]\(([^)#]+)\)", text) if "://" not in link]
    missing = [link for link in named if not (ROOT / name).parent.joinpath(link).exists()]
    for span in re.findall(r"`([\w./*-]+)`", re.sub(r"^```.*?^```", "", text, flags=re.M | re.S)):
        is_path = "/" in span and span.split("/")[0] in (*CODE, "tests", "docs", ".ci")
        is_part_of_dbt = (
            span.endswith((".csv", ".sql")) and "/" not in span and span not in ("dictionary.csv", "metrics.csv")
        )
        if (is_path and not any(ROOT.glob(span.rstrip("/")))) or (is_part_of_dbt and span not in files_of_dbt):
            missing.append(span)
    assert not missing, f"{name} names {missing}, which are not there"


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_mart_a_document_names_exists(name: str) -> None:
    models = {path.stem for path in (ROOT / "dbt_project" / "models").rglob("*.*")}
    shown = {"kpi_renewed_kind_monthly"}  # the README's example of a new mart
    named = set(re.findall(r"\b(?:kpi|fct|dim|stg|int)_[a-z_]+[a-z]\b", text_of(name)))
    assert named <= models | shown, f"{name} names {sorted(named - models - shown)}"


@pytest.mark.parametrize("name", READMES)
def test_every_dag_and_source_a_readme_names_exists(name: str) -> None:
    dags = set(re.findall(r"/dags/(\w+)", text_of(name)))
    ids = set(re.findall(r'dag_id="(\w+)"', "\n".join(path.read_text() for path in (ROOT / "dags").glob("*.py"))))
    assert dags and dags <= ids
    connections = {source.connection for source in sources().values()}
    assert set(re.findall(r"`(returned_\w+|\w+_outbox)`", text_of(name))) <= connections


def test_both_readmes_name_the_same_commands() -> None:
    english, chinese = (set(commands(name)) for name in READMES)
    assert english == chinese, f"only in one README: {sorted(english ^ chinese)}"


@pytest.mark.parametrize("document", ["README.md", "docs/sources.md"])
def test_the_example_of_a_source_can_be_used(document: str, tmp_path: Path) -> None:
    example = next(text for text in fenced(document, "yaml") if text.startswith("name:"))
    path = tmp_path / "cpic.yaml"
    path.write_text(example, encoding="utf-8")
    extract = load(path).extracts["policies"]
    required = {name for name, column in entities()[extract.entity].columns.items() if column.required}
    assert required <= set(extract.columns) | set(extract.constants), f"{document}: its files would be refused"
    assert match_file(extract, "保单_20261123.csv")


@pytest.mark.parametrize("document", ["README.md", "docs/sources.md"])
def test_the_example_of_a_connection_fits_the_example_of_a_source(document: str) -> None:
    line = re.search(r"cpic_outbox: \{.*\}\}", text_of(document))
    assert line and yaml.safe_load(line[0])["cpic_outbox"]["conn_type"] == "file"


def test_docs_sources_lists_every_option() -> None:
    named = {part for cell in cells("docs/sources.md", "Every option") for part in re.findall(r"\w+", cell)}
    options = {
        field.alias or name
        for model in (Source, Extract, Read, TotalsRow, Pages, ColumnSource)
        for name, field in model.model_fields.items()
    } - {"content_hash"}  # a source's `path` is not written, that of `pages` is
    assert options == named - {"contact"}, f"differ: {sorted(options ^ (named - {'contact'}))}"
    for form in get_args(Read.model_fields["format"].annotation):
        assert f"`{form}`" in text_of("docs/sources.md")


def test_docs_sources_lists_every_kind_of_connection_and_its_options() -> None:
    from ingest.places import databases, files, interface

    kinds = {name: set(kind.options) for name, kind in databases.KINDS.items()}
    kinds |= {"file": set(files.FILE_OPTIONS), "sftp": set(files.SFTP_OPTIONS), "https": set(interface.OPTIONS)}
    kinds |= {"s3": set(files.S3_OPTIONS), "aws": set(files.S3_OPTIONS)}
    told = {}
    for line in text_of("docs/sources.md").split("## Connections")[1].split("###")[0].splitlines():
        if line.startswith("| `"):
            _, names, _, options, _ = line.split("|")
            found = set(re.findall(r"`(\w+)`", re.sub(r"\([^)]*\)", "", options)))
            told |= dict.fromkeys(re.findall(r"`(\w+)`", names), found)
    assert {kind: told.get(kind) for kind in kinds} == kinds


def test_the_connections_of_docs_sources_can_be_read() -> None:
    [block] = re.findall(r"```yaml\n(cpic_outbox:.*?)```", text_of("docs/sources.md"), re.S)
    for name, connection in yaml.safe_load(block).items():
        assert set(connection) <= {"conn_type", "host", "port", "login", "password", "schema", "extra"}, name


def test_the_channels_of_docs_delivery_can_be_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from exports.channels.settings import channel_settings, channels

    example, connections = fenced("docs/delivery.md", "yaml")
    (tmp_path / "delivery.yaml").write_text(example, encoding="utf-8")
    monkeypatch.setenv("XUBAO_DELIVERY", str(tmp_path / "delivery.yaml"))
    used = {getattr(channel_settings(name), "connection", None) for name in channels()}
    assert used == {None, *yaml.safe_load(connections)}


def test_docs_delivery_lists_every_option() -> None:
    from exports.channels import settings, smtp

    kinds = (settings.FolderSettings, settings.SftpSettings, settings.SmtpSettings, settings.WecomSettings)
    named = set(cells("docs/delivery.md", "Every option"))
    assert named == {name for kind in kinds for name in kind.model_fields}
    assert all(f"`{name}`" in text_of("docs/delivery.md") for name in smtp.OPTIONS)


def test_docs_bi_lists_every_option_of_the_server() -> None:
    from exports.postgres.rights import ROLES
    from exports.postgres.server import OPTIONS

    assert set(cells("docs/bi.md", "PostgreSQL")) == {*OPTIONS, *ROLES}


def test_the_glossary_uses_codes_that_exist() -> None:
    codes = {
        code for entity in entities().values() for column in entity.columns.values() for code in column.codes or ()
    }
    columns = {name for entity in entities().values() for name in entity.columns}
    models = "\n".join(
        path.read_text(encoding="utf-8")
        for folder in ("dbt_project", "exports", "ingest/entities", "ingest/archives")
        for path in (ROOT / folder).rglob("*")
        if path.suffix in {".sql", ".yml", ".yaml", ".csv", ".py"}
    )
    rows = [line.split("|")[2] for line in text_of("docs/glossary.md").splitlines() if line.startswith("|")]
    for term in (term for row in rows for term in re.findall(r"`(\w+)`", row)):
        assert term in codes | columns or re.search(rf"\b{term}\b", models), (
            f"{term} of the glossary is not in the code"
        )
