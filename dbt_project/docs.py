"""dbt's documentation as one page that opens from the file system: models, columns, metrics, exposures, lineage.

The page is dbt's own. It gets the Chinese names and the metrics into its descriptions, holds neither tests' made-up
rows nor paths of the machine, and may load nothing: not from outside and not from beside it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dbt.artifacts.schemas.catalog import CatalogArtifact
    from dbt.contracts.graph.manifest import Manifest

KEPT = ("model", "seed")
MACHINE = ("root_path", "build_path", "compiled_path", "compiled_code", "created_at")
TRACKERS = re.compile(r"//[a-z0-9]+\.cloudfront\.net/[^\"]*|[a-z]+\.sinter-collect\.com|https://fuzzed\.getdbt\.com/")
POLICY = (
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; script-src 'unsafe-inline' "
    "'unsafe-eval'; style-src 'unsafe-inline'; img-src data:; font-src data:\">"
)
"""A browser that reads it asks no other file and no other host for anything."""


def write_page(path: Path, manifest: Manifest, catalog: CatalogArtifact) -> None:
    """Write the page of a parsed project and of the columns that its tables have."""
    from dbt.task.docs import DOCS_INDEX_FILE_PATH

    template = Path(DOCS_INDEX_FILE_PATH).read_text(encoding="utf-8")
    known = readable(manifest.writable_manifest().to_dict(omit_none=False))
    page = TRACKERS.sub("", template).replace("<head>", f"<head>{POLICY}", 1)
    for mark, data in (("MANIFEST", known), ("CATALOG", catalog.to_dict(omit_none=False))):
        page = page.replace(f'"{mark}.JSON INLINE DATA"', inline(data), 1)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(page, encoding="utf-8")


def inline(data: Mapping[str, Any]) -> str:
    """JSON that can stand in a script of a page."""
    return json.dumps(data, ensure_ascii=False, default=str).replace("</", "<\\/")


def readable(manifest: dict[str, Any]) -> dict[str, Any]:
    """dbt's manifest with what an analyst reads, in two languages, and without tests and foreign macros."""
    ours = manifest["metadata"]["project_name"]
    nodes = {key: node for key, node in manifest["nodes"].items() if node["resource_type"] in KEPT}
    macros = {key: macro for key, macro in manifest["macros"].items() if macro["package_name"] == ours}
    kept = nodes.keys() | macros.keys() | manifest["exposures"].keys()
    defined = {
        metric["name"]: metric for node in nodes.values() for metric in _metrics(node) if isinstance(metric, dict)
    }
    cases: dict[str, list[str]] = {}
    for case in manifest["unit_tests"].values():
        cases.setdefault(case["model"], []).append(case["name"].replace("_", " "))
    for node in nodes.values():
        for name in MACHINE:
            node.pop(name, None)
        node["description"] = _described(node, defined, cases.get(node["name"], []))
        for column in node["columns"].values():
            column["description"] = " · ".join(part for part in (_zh(column), column["description"]) if part)
    for node in nodes.values():
        for meta in (node["meta"], node["config"]["meta"]):
            meta.pop("metrics", None)  # they stand in the description
    for item in (*nodes.values(), *macros.values(), *manifest["exposures"].values()):
        depends = item["depends_on"]
        depends["macros"] = [key for key in depends.get("macros") or [] if key in macros]
    maps = {
        name: {
            key: [other for other in others if other in kept] for key, others in manifest[name].items() if key in kept
        }
        for name in ("parent_map", "child_map")
    }
    return {**manifest, "nodes": nodes, "macros": macros, "unit_tests": {}, **maps}


def _described(node: Mapping[str, Any], defined: Mapping[str, Mapping[str, str]], cases: Iterable[str]) -> str:
    """Markdown: Chinese name, description, metrics, and the cases that are tested."""
    parts = [f"**{_zh(node)}**"] if _zh(node) else []
    parts.append(node["description"])
    metrics = [defined[metric] if isinstance(metric, str) else metric for metric in _metrics(node)]
    if metrics:
        parts.append("**指标 Metrics**")
        parts.append("\n".join(
            f"- {metric['zh']} {metric['en']} (`{metric['name']}`): {metric['formula_zh']}。 {metric['formula_en']}"
            for metric in metrics
        ))  # fmt: skip
    if sentences := sorted(cases):
        parts += ["**测试的情形 Tested cases**", "\n".join(f"- {sentence}" for sentence in sentences)]
    return "\n\n".join(part for part in parts if part)


def _meta(declared: Mapping[str, Any]) -> Mapping[str, Any]:
    return (declared.get("config") or {}).get("meta") or {}


def _zh(declared: Mapping[str, Any]) -> str:
    return str(_meta(declared).get("zh") or "")


def _metrics(node: Mapping[str, Any]) -> list[Any]:
    return list(_meta(node).get("metrics") or [])
