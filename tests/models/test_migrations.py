"""Migrations are run while the release before still serves: they expand; what that release uses goes in a later one (I71, docs/production.md)."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from migrations.upgrade import revisions

HOME = Path(__file__).parents[2] / "migrations"
BEFORE_THE_RULE = "0021"
"""Migrations up to this one are older than the rule; none of them is ever run beside a release that went before it."""
GONE = re.compile(r"-- contract: nothing has used this since (\w+)\n")
FORBIDDEN = {
    r"\bdrop\s+(table|column|function|view|type|sequence|schema)\b": "takes away what the release before may use",
    r"\brename\b": "renames what the release before uses",
    r"\balter\s+column\s+\w+\s+(set\s+data\s+)?type\b": "gives a column another type",
    r"\bset\s+not\s+null\b": "the release before may leave the column empty",
    r"\bdrop\s+default\b": "the release before counts on the default",
    r"\btruncate\b": "takes away rows",
}


def problems(sql: str, number: str) -> list[str]:
    """Why the migration cannot run beside the release before."""
    used_until = GONE.search(sql)
    if used_until is not None and used_until[1] < number and used_until[1] in revisions():
        return []
    found = [f"{why}: {statement[:80]}" for statement in statements(sql) for pattern, why in FORBIDDEN.items() if re.search(pattern, statement)]
    return found + [f"the release before writes rows without the new column: {part}" for statement in statements(sql)
                    if statement.startswith("alter table") for part in _must_be_filled(statement)]


def _must_be_filled(statement: str) -> list[str]:
    """New columns of an `alter table` that may not be empty and do not say what stands in them."""
    return [part for part in re.split(r",(?![^(]*\))", statement)
            if re.search(r"\badd\b(?!\s+constraint)", part) and re.search(r"\bnot\s+null\b", part) and not re.search(r"\bdefault\b", part)]


def statements(sql: str) -> list[str]:
    """In lower case, without comments, bodies of functions and tables that are new: those nobody uses yet."""
    sql = re.sub(r"\$\$.*?\$\$", "$$", re.sub(r"--[^\n]*", "", sql), flags=re.DOTALL).lower()
    return [" ".join(part.split()) for part in sql.split(";") if part.strip() and not re.match(r"\s*create\s+table\b", part)]


NEW = [number for number in revisions() if number > BEFORE_THE_RULE]


@pytest.mark.parametrize("number", NEW)
def test_it_can_run_beside_the_release_before(number):
    [path] = (HOME / "sql").glob(f"{number}_*.sql")
    assert problems(path.read_text(), number) == []


@pytest.mark.parametrize("sql", [
    "alter table bookings drop column notes", "alter table bookings\n  add column a text,\n  drop column b", "DROP TABLE holds", "drop function f(text)",
    "alter table bookings rename column notes to words", "alter table bookings rename to visits", "alter table bookings alter column notes type text[]",
    "alter table bookings alter column notes set not null", "alter table bookings add column mood text not null",
    "alter table bookings add mood text not null", "alter table bookings add column a text not null default 'x', add column b bigint not null",
    "alter table bookings alter column seats drop default", "-- fine\ntruncate holds"])
def test_what_the_release_before_could_not_live_with_is_found(sql):
    assert len(problems(sql, "0099")) >= 1


@pytest.mark.parametrize("sql", [
    "alter table bookings add column mood text", "alter table bookings add column mood text not null default ''", "create table a (b text not null)",
    "alter table bookings add column mood text default 'fine (really, yes)' not null, add constraint bookings_mood check (mood is not null)",
    "create function f() returns trigger language plpgsql as $$ begin drop table x; end $$", "-- drop table bookings\ncreate index a on bookings (id)",
    "alter table outbox drop constraint outbox_channel", "alter table stores add column a bigint, add column b bigint not null default 0"])
def test_what_expands_passes(sql):
    assert problems(sql, "0099") == []


def test_what_an_earlier_release_has_stopped_using_may_go():
    mark = "-- contract: nothing has used this since {}\nalter table idempotency_keys drop column answer"
    assert problems(mark.format("0022"), "0099") == []
    assert problems(mark.format("0022"), "0022") != [] and problems(mark.format("0098"), "0099") != [], "not in the release that stops using it"


def test_numbers_follow_each_other_and_each_runs_one_file():
    """`migrations.upgrade.revisions` reads the numbers off the files' names."""
    before = None
    for number in revisions():
        [path] = (HOME / "versions").glob(f"{number}_*.py")
        tree = ast.parse(path.read_text())
        said = {node.targets[0].id: ast.literal_eval(node.value) for node in tree.body  # type: ignore[attr-defined]
                if isinstance(node, ast.Assign) and node.targets[0].id in ("revision", "down_revision")}  # type: ignore[attr-defined]
        assert said == {"revision": number, "down_revision": before}
        before = number
        if number > BEFORE_THE_RULE:
            [upgrade] = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "upgrade"]
            assert [ast.unparse(line) for line in upgrade.body] == ["op.get_bind().connection.dbapi_connection.execute(SQL.read_text())"]
