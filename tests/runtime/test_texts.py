"""Texts by language: the folders of a home, the first language first, and what is wrong with them by file and key."""

from __future__ import annotations

from pathlib import Path

import pytest

from runtime.texts import Texts, languages, read_texts


def home_with(folder: Path, texts: dict[str, str]) -> Path:
    for file, text in texts.items():
        (folder / file).parent.mkdir(exist_ok=True)
        (folder / file).write_text(text, encoding="utf-8")
    return folder


def test_the_languages_are_the_folders_with_texts_and_vietnamese_is_the_first(tmp_path: Path) -> None:
    home = home_with(tmp_path, {"en/a.yaml": "t: E", "xx/a.yaml": "t: X", "vi/a.yaml": "t: V", "not_texts/a.txt": ""})
    assert languages(home) == ["vi", "en", "xx"]
    assert [texts["t"] for texts in read_texts(home, "a").values()] == ["V", "E", "X"]


@pytest.mark.parametrize(
    ("other", "message"),
    [
        ("{title: Watch, more: {}}", r"en/page\.yaml lacks more\.n$"),
        ("{title: Watch, more: {n: cases, k: kinds}}", r"en/page\.yaml has more\.k, which the first language"),
    ],
)
def test_a_text_that_one_language_lacks_is_named_with_its_file(tmp_path: Path, other: str, message: str) -> None:
    home = home_with(tmp_path, {"vi/page.yaml": "{title: Giám sát, more: {n: lượt}}", "en/page.yaml": other})
    with pytest.raises(ValueError, match=message):
        read_texts(home, "page")


def test_a_file_that_one_language_lacks_is_named(tmp_path: Path) -> None:
    home = home_with(tmp_path, {"vi/page.yaml": "t: V", "en/other.yaml": "t: E"})
    with pytest.raises(ValueError, match=r"en/page\.yaml is missing"):
        read_texts(home, "page")


def test_a_text_is_filled_in_and_found_in_its_group() -> None:
    texts = Texts("en", {"more": {"n": "{n} cases"}, "plain": "{braces}"})
    assert texts("more.n", n=3) == "3 cases"
    assert texts("plain") == "{braces}"
    with pytest.raises(KeyError):
        texts("more.k")


def test_a_name_that_data_does_not_have_in_a_language_is_that_of_the_first() -> None:
    unit = {"name_vi": "Phường Cửa Nam", "name_en": "Cua Nam Ward", "note_vi": None}
    assert Texts("en", {}).name_of(unit) == "Cua Nam Ward"
    assert Texts("xx", {}).name_of(unit) == "Phường Cửa Nam"
    assert Texts("xx", {}).name_of(unit, "note") == ""
    with pytest.raises(KeyError):
        Texts("xx", {}).name_of(unit, "title")
