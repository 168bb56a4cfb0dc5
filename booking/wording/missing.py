"""`python -m booking.wording.missing`: the texts each language still lacks, and those nobody uses any more."""

from __future__ import annotations

from pathlib import Path

from babel.messages.pofile import read_po

from booking.wording.extract import Texts, merchant_texts, texts
from booking.wording.languages import CATALOGUES, MERCHANTS, NAMES


def main() -> int:
    return 1 if sum([_lacking("", CATALOGUES, texts()), _lacking("dashboard/", MERCHANTS, merchant_texts())]) else 0


def _lacking(name: str, folder: Path, found: Texts) -> int:
    wanted = found[0] | found[1]
    lacking = 0
    for code in NAMES:
        with (folder / f"{code}.po").open("rb") as file:
            known = {message.id: message.string for message in read_po(file, locale=code) if message.id}
        missing = sorted(map(str, (text for text in wanted if not known.get(text))))
        lacking += len(missing)
        print(f"{name}{code}: {len(missing)} missing, {len(set(known) - wanted)} no longer used")
        for text in missing:
            print(f"  {text}")
    return lacking


if __name__ == "__main__":
    raise SystemExit(main())
