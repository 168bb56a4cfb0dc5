"""The extensions' files: what Shopify reads, the languages, and that no bundle or registry is in the repository."""

from __future__ import annotations

import json
import re
import subprocess
import tomllib
from pathlib import Path

import pytest
from babel import Locale

ROOT = Path(__file__).parents[2] / "extensions"
PAGES = ("booking-page", "booking-blocks")
ALONE = ("customer-account.page.render", "customer-account.order.page.render")
TARGETS = {
    "customer-account.page.render", "customer-account.order-status.block.render", "customer-account.order-index.block.render",
    "customer-account.order.action.menu-item.render", "customer-account.order.action.render", "customer-account.profile.block.render"}
PLACEMENTS = {"PAGE_TITLE", "ORDER_INDEX", "PROFILE1", "PROFILE2"} | {f"ORDER_{name}{n}" for name in ("STATUS", "SUMMARY") for n in (1, 2, 3)}
SETTING_TYPES = {"boolean", "date", "date_time", "single_line_text_field", "multi_line_text_field", "number_integer", "number_decimal", "variant_reference"}


def toml(folder: str) -> dict:
    return tomllib.loads((ROOT / folder / "shopify.extension.toml").read_text())


def texts(folder: str, language: str) -> dict[str, str]:
    """Key -> text; the forms of a plural as `key#one`."""
    def flat(node: dict, prefix: str) -> dict[str, str]:
        if set(node) <= {"zero", "one", "two", "few", "many", "other"}:
            return {f"{prefix[:-1]}#{form}": text for form, text in node.items()}
        found: dict[str, str] = {}
        for key, value in node.items():
            found |= {prefix + key: value} if isinstance(value, str) else flat(value, f"{prefix}{key}.")
        return found

    return flat(json.loads((ROOT / folder / "locales" / f"{language}.json").read_text()), "")


def languages(folder: str) -> set[str]:
    return {path.stem for path in (ROOT / folder / "locales").glob("*.json")}


@pytest.mark.parametrize("folder", PAGES)
def test_the_configuration_is_what_shopify_takes(folder):
    config = toml(folder)
    assert set(config) == {"api_version", "extensions"} and re.fullmatch(r"20\d\d-(01|04|07|10)", config["api_version"])
    (extension,) = config["extensions"]
    assert set(extension) <= {"name", "description", "handle", "type", "uid", "targeting", "capabilities", "settings"}
    assert extension["handle"] == folder and extension["type"] == "ui_extension" and re.fullmatch(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,48}[A-Za-z0-9])?", folder)
    assert extension["capabilities"] == {"network_access": True}
    targets = [t["target"] for t in extension["targeting"]]
    assert set(targets) <= TARGETS and len(set(targets)) == len(targets)
    assert len(targets) == 1 or not set(targets) & set(ALONE), "a full page shares its extension with nothing"
    for target in extension["targeting"]:
        assert set(target) <= {"target", "module", "default_placement", "capabilities"} and (ROOT / folder / target["module"]).is_file()
        assert target.get("default_placement", "PAGE_TITLE") in PLACEMENTS
    fields = extension["settings"]["fields"]
    assert len(fields) <= 20 and len({f["key"] for f in fields}) == len(fields)
    assert all(f["type"] in SETTING_TYPES and f["name"] for f in fields)


def test_every_target_is_there_once_and_one_collection_holds_all():
    found = [t["target"] for folder in PAGES for t in toml(folder)["extensions"][0]["targeting"]]
    assert sorted(found) == sorted(TARGETS)
    (collection,) = toml("booking-collection")["extensions"]
    assert (collection["type"], collection["includes"]) == ("editor_extension_collection", list(PAGES))
    assert len({toml(folder)["extensions"][0]["uid"] for folder in (*PAGES, "booking-collection")}) == 3


@pytest.mark.parametrize("folder", [*PAGES, "booking-collection"])
def test_every_language_says_the_same_things(folder):
    assert languages(folder) >= {"en.default", "de", "fr"} and sum(name.endswith(".default") for name in languages(folder)) == 1
    english = texts(folder, "en.default")
    for language in languages(folder) - {"en.default"}:
        other, forms = texts(folder, language), {*Locale.parse(language).plural_form.tags, "other"}
        assert {key.split("#")[0] for key in other} == {key.split("#")[0] for key in english}, language
        for key, text in other.items():
            base, _, form = key.partition("#")
            needed = set(re.findall(r"{{\w+}}", english.get(key) or english[f"{base}#other"]))
            if form in ("zero", "one", "two"):  # such a form may say the number in a word
                assert set(re.findall(r"{{\w+}}", text)) <= needed, (language, key)
            else:
                assert set(re.findall(r"{{\w+}}", text)) == needed, (language, key)
            assert text.strip() and (not form or form in forms), (language, key)
        for base in {key.split("#")[0] for key in english if "#" in key}:
            assert {key.split("#")[1] for key in other if key.startswith(f"{base}#")} >= (forms if language == "ar" else {"one", "other"}), (language, base)


@pytest.mark.parametrize("folder", [*PAGES, "booking-collection"])
def test_arabic_is_there_and_written_in_arabic(folder):
    assert all(re.search(r"[\u0600-\u06ff]", text) for text in texts(folder, "ar").values())


@pytest.mark.parametrize("folder", PAGES)
def test_the_source_asks_for_texts_that_exist_and_no_others_are_kept(folder):
    sources = "\n".join(p.read_text() for part in (folder, "shared") for p in (ROOT / part).rglob("*.tsx") if "tests" not in p.parts and p.stem != "testing")
    sources += (ROOT / folder / "shopify.extension.toml").read_text()
    known = {key.split("#")[0] for key in texts(folder, "en.default")}
    asked = set(re.findall(r"['\"]((?:[a-z]+\.)[a-zA-Z]+)['\"]", sources)) | {key[2:] for key in re.findall(r"t:\w+", sources)}
    computed = [re.compile(re.escape(head) + r"\w+") for head in re.findall(r"`(\w+\.)\$\{", sources)]
    unknown = {key for key in re.findall(r"\bt\(['\"]([^'\"]+)['\"]", sources)} - known
    assert unknown == set()
    assert {key for key in known if key not in asked and not any(p.fullmatch(key) for p in computed)} == set()


def test_no_bundle_no_packages_no_registry_in_the_repository():
    listed = subprocess.run(["git", "ls-files", "extensions"], cwd=ROOT.parent, capture_output=True, text=True, check=True).stdout.split()
    assert listed and not [name for name in listed if "node_modules" in name or "/build/" in name]
    lock = json.loads((ROOT / "package-lock.json").read_text())
    assert [name for name, entry in lock["packages"].items() if "resolved" in entry] == []
    assert [name for name, entry in lock["packages"].items() if name and not entry.get("integrity")] == []
