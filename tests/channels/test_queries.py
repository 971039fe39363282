"""Every GraphQL document is a file of its own, valid under the published schemas, alone and repeated in a batch."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import pytest
from graphql import GraphQLSchema, Lexer, Source, TokenKind, build_schema, parse, validate

from depfund.channels import open_collective
from depfund.channels._batches import Query, load

SCHEMAS = Path(__file__).parents[1] / "schemas"
NAMES = sorted(
    entry.name.removesuffix(".graphql")
    for entry in files("depfund.channels").joinpath("queries").iterdir()
    if entry.name.endswith(".graphql")
)


def _schema(name: str) -> GraphQLSchema:
    service = "github" if name.startswith("github") else "open_collective"
    return build_schema((SCHEMAS / f"{service}.graphql").read_text())


def _items(query: Query, count: int) -> list[tuple[str | bool, ...]]:
    def value(variable: str, number: int) -> str | bool:
        return number % 2 == 0 if variable in {"first0", "wanted0"} else f"{variable}-{number}"

    return [tuple(value(variable, number) for variable in query.variables) for number in range(count)]


def test_there_are_documents() -> None:
    assert {"github_repositories", "github_logins", "github_files", "open_collective_accounts"} <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_document_is_valid_as_it_stands(name: str) -> None:
    text = files("depfund.channels").joinpath("queries", f"{name}.graphql").read_text()
    assert validate(_schema(name), parse(text)) == []


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("inline", [False, True])
@pytest.mark.parametrize("count", [1, 2, 11, 100])
def test_a_batch_is_valid(name: str, inline: bool, count: int) -> None:
    query = load(name, inline=inline)
    text, variables = query.batch(_items(query, count))
    assert validate(_schema(name), parse(text)) == []
    assert len(variables) == (0 if inline else count * len(query.variables))
    assert query.alias(count - 1) + ":" in text


def test_a_batch_of_open_collective_stays_within_its_limits() -> None:
    query = load("open_collective_accounts", inline=True)
    text, _ = query.batch([(f"a-long-slug-{number}",) for number in range(open_collective.BATCH)])
    lexer, tokens = Lexer(Source(text)), 0
    while lexer.advance().kind is not TokenKind.EOF:
        tokens += 1
    assert tokens <= 1500
    assert open_collective.BATCH <= 100


def test_values_cannot_leave_their_string() -> None:
    query = load("open_collective_accounts", inline=True)
    text, _ = query.batch([('x") { evil } a: account(slug: "y',)])
    (operation,) = [part for part in parse(text).definitions if part.kind == "operation_definition"]
    assert len(operation.selection_set.selections) == 1


@pytest.mark.corpus
@pytest.mark.parametrize("name", NAMES)
def test_a_document_is_valid_under_the_whole_schema(name: str, shared: Path) -> None:
    place = "github/schema.graphql" if name.startswith("github") else "opencollective/schemaV2.graphql"
    path = shared / "reference" / place
    if not path.is_file():
        pytest.skip(f"{place} is not in the reference folder")
    schema = build_schema(path.read_text(), assume_valid=True)
    query = load(name)
    assert validate(schema, parse(query.batch(_items(query, 3))[0])) == []
