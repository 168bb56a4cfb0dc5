"""`python -m booking.wording.missing`: the texts each language still lacks, and those nobody uses any more."""

from __future__ import annotations

from babel.messages.pofile import read_po

from booking.wording.extract import texts
from booking.wording.languages import CATALOGUES, NAMES


def main() -> int:
    singular, plural = texts()
    wanted = singular | plural
    lacking = 0
    for code in NAMES:
        with (CATALOGUES / f"{code}.po").open("rb") as file:
            known = {message.id: message.string for message in read_po(file, locale=code) if message.id}
        missing = sorted(map(str, (text for text in wanted if not known.get(text))))
        lacking += len(missing)
        print(f"{code}: {len(missing)} missing, {len(set(known) - wanted)} no longer used")
        for text in missing:
            print(f"  {text}")
    return 1 if lacking else 0


if __name__ == "__main__":
    raise SystemExit(main())
