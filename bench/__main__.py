"""`python3 dev.py bench`: the suite; `bench campaign NAME`: one campaign against a running demo."""

from __future__ import annotations

import importlib
import sys

CAMPAIGNS = ("acknowledge", "boundary", "bulk", "calendar_file", "first_import", "flush", "forged", "histories", "load", "messages", "money_walks", "odd_input", "patient", "race",
             "readonly", "refunds", "templates", "throughput", "timing", "tokens", "two_releases")


def main(argv: list[str]) -> int:
    if argv[:1] == ["campaign"]:
        if len(argv) < 2 or argv[1] not in CAMPAIGNS:
            print(f"Campaigns: {', '.join(CAMPAIGNS)}", file=sys.stderr)
            return 2
        return importlib.import_module(f"bench.campaigns.{argv[1]}").main(argv[2:])
    from bench.suite import main as suite

    return suite(argv)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
