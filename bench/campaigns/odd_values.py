"""What nobody should send: odd texts, addresses, forms, JSON and headers, by a seeded dice (I53)."""

from __future__ import annotations

import json
import random
from typing import Any
from urllib.parse import quote, quote_from_bytes

TEXTS = (
    "", " ", "\x00", "a\x00b", "\ud800", "\udfff tail", "\u202e\u200b\ufeff", "é" * 300, "x" * 5_000, "1" * 400, "²", "٣", "-1", "0", "00", "1.5",
    "1e400", "NaN", "Infinity", "-0", "9223372036854775807", "9223372036854775808", "99999999999999999999999999", "2147483648", "null", "true",
    "[]", "{}", "[[]]", "'", '"', "' or 1=1 --", "%", "%s%n", "{0}", "{{7*7}}", "<script>alert(1)</script>", "../../etc/passwd", "\r\nX-Odd: 1",
    "a\nb", "\t", "\x1b[0m", "\x7f", "\u2028", "0001-01-01", "9999-12-31", "2027-02-30", "2027-13", "0000-00", "9999-12", "0001-01", "-2027-01",
    "2027-3-1", "20270301", "2027-W10-1", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2027-03-10T15:00:00", "2027-03-10T15:00:00Z",
    "2027-03-10T15:00:00+99:99", "2027-03-10T24:00:00Z", "24:00", "25:61", "00:00", "23:59:59.999999", "PT0S", "P9999999D", "PT" + "9" * 30 + "H", "P-1D",
    "-PT1H", "P1Y", "America/New_York", "Etc/GMT+99", "../zone", "Europe", "posix/UTC", "USD", "usd", "XXX", "$", "1,00", "1.000,00", "0.001", "1" * 20 + ".00",
    "+4915112345678", "+1", "tel:0", "ada@example.com", "a@b", "@", "a@" + "b" * 300, "ada@exämple.com", "ada@xn--", "a@[127.0.0.1]", "\"a b\"@example.com",
    "http://127.0.0.1/", "https://[::1", "http://", "javascript:alert(1)", "//evil.example", "/admin\\", "#fff", "#1f5c4d", "en", "de_DE", "xx-YY", "*", ";", "confirmed",
    "upcoming", "on", "k1.x", "k1." + "A" * 43, "eyJhbGciOiJub25lIn0.e30.", "..", ".", "/", "%00", "%ff", "oc_x_y", "=", "e30.e30", "Ⅷ", "İ", "ß", "ﬀ",
)
BYTES = (b"\xff", b"\xc3(", b"\xed\xa0\x80", b"\x00", b"%", b"\xf4\x90\x80\x80", b"..%2f", b"\n", b"\\", b"%2500", b"\xef\xbb\xbf")
JSONS: tuple[Any, ...] = (
    None, True, False, -1, 0, 1, 1.5, 10**18, 10**30, 1e308, [], [[]], {}, {"a": {"b": None}}, [None], ["1", "1"], [1, "a", {}], {"amount": 1, "currency": "USD"},
    {"amount": -1, "currency": "???"}, {"amount": 10**19}, {"": ""}, {"mon": [["24:00", "25:00"]]}, {"mon": [["09:00"]]}, {"\ud800": 1}, ["x"] * 600,
    {"email": "a@b", "name": "\u202e"}, {"tiers": [{"at_least": "P7D", "outcome": "full"}] * 50}, [[["deep"]]])
BODIES = (b"", b"{", b"[]", b"null", b"1", b'"x"', b"NaN", b"\xff\xfe\xfa", b"[" * 20_000, b'{"a":' * 20_000, b'{"a": 1, "a": 2}', b'{"a": ' + b"9" * 5000 + b"}",
          b"\xef\xbb\xbf{}", b'{"a": "\\ud800"}', b'{"a": "\\u0000"}', b"a=b&a=c", b"&&&==", b"%ff=%fe&%00=1", b"x" * 300_000, b"--b\r\n\r\n--b--",
          b'--b\r\nContent-Disposition: form-data; name="a"; filename="\xff"\r\n\r\n\x00\r\n--b--\r\n', b"--b\r\nContent-Disposition: form-data\r\n\r\nx")
TYPES = ("application/json", "application/json; charset=utf-16", "application/x-www-form-urlencoded", "multipart/form-data", "multipart/form-data; boundary=b",
         "multipart/form-data; boundary=" + "b" * 300, "text/plain", "text/xml", "", ";", "application/json; charset=nope", "application/x-www-form-urlencoded; charset=utf-7")
HEADERS = (
    ("Accept-Language", "x" * 2_000), ("Accept-Language", "de;q=9, *;q=NaN,;;,"), ("Accept-Language", "zh-Hant-TW-x-\xff"), ("Accept", "*/*;q=x"), ("Cookie", "a; =b; \xff=\xfe; ;;"),
    ("Cookie", "visit=" + "A" * 4_000), ("Cookie", "login=x; user=y; visit=.."), ("Idempotency-Key", "\xff"), ("Idempotency-Key", "k" * 300), ("Idempotency-Key", "odd"),
    ("If-None-Match", '"x'), ("If-Modified-Since", "Thu, 99 Foo 99999 99:99:99 GMT"), ("Range", "bytes=9-1,-,x"), ("Range", "bytes=0-99999999999999999999"),
    ("Origin", "null"), ("Referer", "http://[::1"), ("X-Forwarded-For", "'; drop"), ("X-Forwarded-Host", "evil.example"), ("X-HTTP-Method-Override", "DELETE"),
    ("Authorization", "Bearer"), ("Authorization", "Basic \xff"), ("Authorization", "Bearer a.b.c"), ("Authorization", "Bearer eyJhbGciOiJIUzI1NiJ9.W10.x"), ("User-Agent", "\xff" * 400),
    ("Host", "evil.example"), ("Host", "[::1"), ("Host", "\xff"), ("Host", "a" * 300 + ".localhost"), ("Host", "demo.localhost:99999"), ("Host", "..localhost"))


class Dice(random.Random):
    """Odd things, the same for the same seed."""

    def text(self) -> str:
        return self.choice(TEXTS) if self.random() < 0.85 else "".join(chr(self.choice((32, 47, 65, 233, 0x5d0, 0x1f600, 0xd800, 0))) for _ in range(self.randrange(40)))

    def escaped(self) -> str:
        """For an address: percent-encoded, sometimes not UTF-8, sometimes not even well encoded."""
        if self.random() < 0.2:
            return quote_from_bytes(self.choice(BYTES), safe="%") if self.random() < 0.7 else self.choice(("%", "%zz", "%u1234", "+", "&", ";"))
        return quote(self.text().encode("utf-8", "surrogatepass"), safe="")

    def query(self, names: list[str], given: dict[str, str]) -> str:
        """`given` with one to three values odd, doubled or missing, and now and then a name nobody knows."""
        pairs = [[quote(name, safe=""), quote(value, safe="")] for name, value in given.items()]
        for _ in range(self.randrange(1, 4)):
            pairs.append([quote(self.choice(names)) if names and self.random() < 0.95 else self.escaped(), self.escaped()])
        if self.random() < 0.3:
            self.shuffle(pairs)
        if len(pairs) > 1 and self.random() < 0.3:
            pairs.pop(self.randrange(len(pairs)))
        keep = {name: pair for pair in pairs for name in pair[:1]} if self.random() < 0.7 else None
        return "&".join("=".join(pair) for pair in (keep.values() if keep else pairs))

    def json(self, schema: dict[str, Any], doc: dict[str, Any], depth: int = 0) -> Any:
        """A value that nearly fits the schema: at any place, one time in eight, something else."""
        if depth > 6 or self.random() < 0.12:
            return self.text() if self.random() < 0.5 else self.choice(JSONS)
        if "$ref" in schema:
            node: Any = doc
            for part in schema["$ref"].removeprefix("#/").split("/"):
                node = node[part]
            return self.json(node, doc, depth + 1)
        for several in ("anyOf", "oneOf"):
            if several in schema:
                return self.json(self.choice(schema[several]), doc, depth)
        if "const" in schema or "enum" in schema:
            return schema.get("const") or self.choice(schema.get("enum", [None]))
        kind = schema.get("type")
        if kind == "object":
            named = schema.get("properties", {})
            needed = schema.get("required", [])
            return {name: self.json(part, doc, depth + 1) for name, part in named.items() if name in needed or self.random() < 0.5}
        if kind == "array":
            return [self.json(schema.get("items", {}), doc, depth + 1) for _ in range(self.randrange(4))]
        if kind in ("integer", "number"):
            return self.choice((0, 1, schema.get("minimum", 2), schema.get("maximum", 30)))
        if kind == "boolean":
            return self.random() < 0.5
        return None if kind == "null" else {"date-time": "2027-03-11T15:00:00Z", "date": "2027-03-11"}.get(schema.get("format", ""), self.text())

    def dumped(self, value: Any) -> bytes:
        """As JSON; one time in twenty with a key doubled or NaN in it."""
        text = json.dumps(value)
        if text.startswith("{") and len(text) > 2 and self.random() < 0.05:
            text = text[:-1] + ", " + self.choice((text[1:-1], '"a": NaN', '"a": 1e999')) + "}"
        return text.encode()
