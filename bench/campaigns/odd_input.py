"""Every route of the application, with input nobody should send: no 5xx, no hang, problem details where JSON is spoken (I53).

    python3 dev.py bench campaign odd_input [REQUESTS]

The same walk runs small, in process, in the tests. A failure prints the request and the seed that makes it again.
"""

from __future__ import annotations

import http.client
import json
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map

from bench.campaigns import demo
from bench.campaigns.odd_values import BODIES, HEADERS, TYPES, Dice
from sandbox.browser import _Page

SLOW = 10.0
ENDS_SESSION = ("logout", "logout-everywhere", "/account/delete", "/erase")


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    text: str


Wire = Callable[[str, str, dict[str, str], bytes], Answer]


@dataclass
class Person:
    """Someone with their cookies or their bearer token at one host; `start` is where their walk begins, `area` where most of it goes."""

    name: str
    wire: Wire
    host: str
    start: tuple[str, ...]
    area: tuple[str, ...]
    cookies: dict[str, str] = field(default_factory=dict)
    bearer: Callable[[], str] | None = None

    def send(self, method: str, target: str, body: bytes = b"", headers: dict[str, str] | None = None) -> Answer:
        own = {"Host": self.host, "Content-Length": str(len(body))}
        if self.bearer:
            own["Authorization"] = f"Bearer {self.bearer()}"
        if self.cookies:
            own["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        return self.wire(method, target, own | (headers or {}), body)


@dataclass
class Known:
    """What a walk found: true addresses and forms with their fields by endpoint, ids by the part of the path before them, field names."""

    addresses: dict[str, list[str]] = field(default_factory=dict)
    forms: dict[str, list[tuple[str, dict[str, str]]]] = field(default_factory=dict)
    ids: dict[str, list[str]] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)


def explore(person: Person, routes: Map, most: int = 2) -> Known:
    """Follow links as a person would, at most `most` addresses of each route; lists of JSON tell their ids."""
    at = routes.bind(person.host)
    own = [rule.rule for rule in routes.iter_rules() if "GET" in (rule.methods or ()) and not rule.arguments and rule.rule.startswith(person.area)]
    known, waiting, seen = Known(), [*person.start, *sorted(own)], set()
    while waiting:
        address = waiting.pop(0)
        path = urlsplit(address).path
        kind = endpoint(at, path, "GET")
        if address in seen or kind is None or len(known.addresses.setdefault(kind, [])) >= most:
            continue
        seen.add(address)
        known.addresses[kind].append(address)
        answer = person.send("GET", address)
        assert answer.status < 500, (person.name, address, answer.status)
        if "json" in answer.headers.get("content-type", "") and answer.status == 200:
            given = json.loads(answer.text)
            items = given.get("items", []) if isinstance(given, dict) else []
            found = [str(item.get("ref") or item.get("id") or item.get("name")) for item in items[:5]]
            known.ids.setdefault(path.rsplit("/", 1)[-1], []).extend(found)
            waiting += [f"{path}/{one}" for one in found]
        if "html" in answer.headers.get("content-type", ""):
            waiting += _read(person, at, address, answer.text, known, most)
    return known


def _read(person: Person, at: Any, address: str, text: str, known: Known, most: int) -> list[str]:
    """Take a page's forms, field names and ids; the addresses it leads to."""
    page, more = _Page(), []
    page.feed(text)
    for form in page.forms:
        target = urljoin(address, form.action)
        fields = form.fields | {name: values[0] for name, values in form.choices.items()}
        known.names |= set(fields)
        method = form.method.upper()
        of = endpoint(at, urlsplit(target).path, method)
        if of and method == "POST" and len(known.forms.setdefault(of, [])) < most:
            known.forms[of].append((target, fields))
        elif of and method == "GET":
            more.append(f"{urlsplit(target).path}?{urlencode(fields)}")
    links = [urljoin(f"http://{person.host}{address}", link) for link in page.links]
    links = [link.partition(person.host)[2] for link in links if urlsplit(link).netloc == person.host]
    known.names |= {name for link in links for name, _ in parse_qsl(urlsplit(link).query)}
    for before, one in re.findall(r"/([a-z-]+)/([0-9a-z]{10,19})\b", " ".join([*links, *(form.action for form in page.forms)])):
        known.ids.setdefault(before, []).append(one)
    return more + links


def endpoint(at: Any, path: str, method: str) -> str | None:
    try:
        return at.match(path, method)[0]
    except HTTPException:
        return None


def requests_of(person: Person, routes: Map, known: Known, doc: dict[str, Any], dice: Dice) -> Iterator[tuple[str, str, dict[str, str], bytes]]:
    """Endless: route after route, each with one odd request of each kind that fits it."""
    names = sorted(known.names | {"cursor", "limit", "from", "to", "at", "staff", "month", "token", "next", "done", "q", "document", "offer", "panel", "action"})
    rules = [(rule, method) for rule in routes.iter_rules() for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})]
    while True:
        dice.shuffle(rules)
        for rule, method in rules:
            if not rule.rule.startswith(person.area) and dice.random() < 0.9:
                continue
            true = dice.choice(known.addresses.get(rule.endpoint) or [""])
            spec = doc["paths"].get(re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule), {}).get(method.lower(), {})
            asked = [p["name"] for p in spec.get("parameters", ()) if p["in"] == "query"] or names
            bare = re.sub(r"([^/]*)/<[^>]*>", lambda m: f"{m[1]}/{dice.choice(known.ids.get(m[1]) or ['1']) if dice.random() < 0.7 else dice.escaped()}", rule.rule)
            bare = re.sub(r"<[^>]*>", lambda _: dice.escaped(), bare)
            target = urlsplit(true).path if true and dice.random() < 0.7 else bare
            if dice.random() < 0.5 or method == "GET":
                target += "?" + dice.query(asked, dict(parse_qsl(urlsplit(true).query)))
            headers = dict([dice.choice(HEADERS)]) if dice.random() < 0.25 else {}
            if method == "GET":
                yield dice.choice(("GET", "GET", "GET", "HEAD", "OPTIONS")), target, headers, b""
                continue
            form = dice.choice(known.forms.get(rule.endpoint) or [None])
            if form and not form[0].endswith(ENDS_SESSION) and dice.random() < 0.85:
                where, fields = form
                body = dice.query([name for name in fields if name != "csrf_token"], fields)
                yield method, where, headers | {"Content-Type": TYPES[2]}, body.encode()
            elif (content := spec.get("requestBody", {}).get("content", {}).get("application/json")) and dice.random() < 0.8:
                schema = content["schema"]
                yield method, target, headers | {"Content-Type": TYPES[0]}, dice.dumped(dice.json(schema, doc))
            else:
                yield method, target, headers | {"Content-Type": dice.choice(TYPES)}, dice.choice(BODIES)


def attack(people: list[Person], routes: Map, doc: dict[str, Any], count: int, seed: int = 53) -> tuple[Counter[int], list[str]]:
    """`count` odd requests, shared out among the people: how often each status came, and every answer that was wrong."""
    seen: Counter[int] = Counter()
    problems: list[str] = []
    for person in people:
        several = requests_of(person, routes, explore(person, routes), doc, Dice(f"{seed} {person.name}"))
        for _ in range(count // len(people)):
            method, target, headers, body = next(several)
            started = time.monotonic()
            answer = person.send(method, target, body, headers)
            problem = wrong(answer, target, time.monotonic() - started)
            seen[answer.status] += 1
            if problem is not None:
                problems.append(f"{problem}: {person.name} {method} {target!r} {headers} {body[:3000]!r}\n{answer.text[:300]}")
    return seen, problems


def wrong(answer: Answer, target: str, took: float) -> str | None:
    """What an answer may not be, whatever was asked."""
    if answer.status >= 500:
        return f"answered {answer.status}"
    if took > SLOW:
        return f"took {took:.1f} s"
    kind = answer.headers.get("content-type", "")
    if target.startswith("/api/") and answer.status >= 400 and answer.text and not kind.startswith("application/problem+json"):
        return f"{answer.status} as {kind}, not as problem details"
    if "Traceback (most recent" in answer.text or "psycopg" in answer.text or "sqlalchemy" in answer.text:
        return "tells what it is made of"
    return None


def over_http(port: int) -> Wire:
    """A keep-alive connection to the demo. Header texts go out as Latin-1."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

    def send(method: str, target: str, headers: dict[str, str], body: bytes) -> Answer:
        for again in (True, False):
            try:
                connection.putrequest(method, target or "/", skip_host=True, skip_accept_encoding=True)
                for name, value in headers.items():
                    connection.putheader(name, value.encode("latin-1"))
                connection.endheaders(body)
                response = connection.getresponse()
                text = response.read().decode(errors="replace")
                return Answer(response.status, {k.lower(): v for k, v in response.getheaders()}, text)
            except (http.client.HTTPException, ConnectionError):
                connection.close()
                if not again:
                    raise
        raise AssertionError

    return send


def main(argv: list[str]) -> int:
    from bench.campaigns.patient import sign_in
    from bench.campaigns.readonly import application

    facts, count = demo(), int(argv[0]) if argv else 20_000
    shop = facts["stores"]["demo"]
    host, port = urlsplit(facts["portal"]).netloc, urlsplit(facts["portal"]).port
    wire = over_http(port)
    customer = sign_in(facts, shop["customers"][0]["email"])
    link = urlsplit(shop["customers"][1]["bookings"][0]["manage_url"])
    owner = sign_in(facts, shop["users"][0]["email"], "/admin")
    people = [
        Person("merchant", wire, urlsplit(facts["api"]).netloc, (), ("/api/merchant",), bearer=lambda: shop["merchant_token"]),
        Person("guest", wire, host, ("/book", "/account/login", "/manage", "/withdraw", "/admin/login"), ("/",)),
        Person("customer", wire, host, ("/account", "/book"), ("/account", "/book", "/feedback"), customer.cookies),
        Person("link", wire, host, (f"{link.path}?{link.query}",), ("/manage", "/pay", "/waitlist", "/feedback")),
        Person("owner", wire, host, ("/admin",), ("/admin",), owner.cookies)]
    seen, problems = attack(people, application().url_map, json.loads(wire("GET", "/api/openapi.json", {"Host": host}, b"").text), count)
    print("\n".join(problems))
    print(f"{seen.total()} odd requests: {dict(sorted(seen.items()))}; {len(problems)} answered 5xx, slower than {SLOW:.0f} s or otherwise wrong")
    return 1 if problems else 0
