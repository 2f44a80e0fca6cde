"""The table of raw requests: rows read from TOML, their braces filled in, answers held against what a row expects.

Knows the words of a row and how to compare; it sends nothing. tests/clients/requests/README.md explains the words.
"""

import base64
import datetime
import hashlib
import pathlib
import re
import tomllib
import xml.etree.ElementTree as ElementTree
import zlib

from .signer import escape, now

FOLDER = pathlib.Path(__file__).resolve().parents[1] / "requests"
NAMESPACE = "{http://s3.amazonaws.com/doc/2006-03-01/}"
WORDS = {
    "name", "settled_by",
    "bucket", "objects", "uploads", "before",
    "send", "headers", "body", "signed",
    "status", "has", "lacks", "code", "message", "elements", "without", "order", "exactly",
}
SETTLED = re.compile(r"https://(docs\.aws\.amazon|github)\.com/\S+|[\w.-]+/[\w.-]+: \S+\.(py|go|sh)::\w+")
BRACES = re.compile(r"\{([^{}]+)\}")


def rows():
    """Every row of every file, in order: (subject, row)."""
    found = []
    for path in sorted(FOLDER.glob("*.toml")):
        table = tomllib.loads(path.read_text())
        for row in table["request"]:
            where = f"{path.name}: {row.get('name')}"
            assert set(row) <= WORDS, f"{where}: no such words: {sorted(set(row) - WORDS)}"
            assert {"name", "send", "status", "settled_by"} <= set(row), f"{where}: a word is missing"
            for source in [row["settled_by"]] if isinstance(row["settled_by"], str) else row["settled_by"]:
                assert SETTLED.fullmatch(source), f"{where}: settled by what? {source}"
            found.append((path.stem, row))
    return found


def size_or_text(value):
    """A body as a row writes it: text, or a number of bytes."""
    return b"a" * value if isinstance(value, int) else value.encode()


class Names:
    """What stands in braces: names that the setup learnt, times from now, repeated text, digests of the body."""

    def __init__(self, **known):
        self.known = known
        self.body = b""

    def learn(self, **more):
        self.known.update({name: value for name, value in more.items() if value is not None})

    def one(self, inside):
        if inside in self.known:
            value = self.known[inside]
            return value() if callable(value) else value
        if repeated := re.fullmatch(r"(\d+) (.+)", inside, re.DOTALL):
            return int(repeated[1]) * repeated[2]
        if later := re.fullmatch(r"(iso|http)([+-]\d+)", inside):
            time = now() + datetime.timedelta(seconds=int(later[2]))
            return time.strftime("%Y-%m-%dT%H:%M:%SZ" if later[1] == "iso" else "%a, %d %b %Y %H:%M:%S GMT")
        if inside == "md5":
            return base64.b64encode(hashlib.md5(self.body).digest()).decode()
        if inside == "crc32":
            return base64.b64encode(zlib.crc32(self.body).to_bytes(4, "big")).decode()
        raise KeyError(f"nothing is called {{{inside}}} here: {sorted(self.known)}")

    def fill(self, text):
        return BRACES.sub(lambda found: self.one(found[1]), text)

    def target(self, text):
        """Values that were learnt are escaped; what the row itself wrote goes as it stands."""

        def put(found):
            value = self.one(found[1])
            if found[1] not in self.known:
                return value
            return escape(value, safe="-_.~" if "?" in text[: found.start()] else "-_.~/")

        return BRACES.sub(put, text)


def fits(expected, actual, names):
    """`~` begins a pattern; all else is exact."""
    if expected.startswith("~"):
        pattern = BRACES.sub(lambda found: found[0] if found[1][0].isdigit() else re.escape(names.one(found[1])), expected[1:])
        return re.fullmatch(pattern, actual, re.DOTALL) is not None
    return names.fill(expected) == actual


class Differences(list):
    def want(self, holds, what):
        if not holds:
            self.append(what)


def strip(tag):
    return tag.removeprefix(NAMESPACE)


def children(node):
    """The names of a node's children in order, each run of the same name once."""
    told = []
    for child in node:
        if not told or told[-1] != strip(child.tag):
            told.append(strip(child.tag))
    return told


def texts(root, path):
    nodes = [root]
    for step in path.split("/"):
        nodes = [child for node in nodes for child in node if strip(child.tag) == step]
    return [node.text or "" for node in nodes]


def compare(row, answer, method, names):
    """What differs between the answer and what the row expects: an empty list when nothing does."""
    found = Differences()
    found.want(answer.status == row["status"], f"status: expected {row['status']}, got {answer.status}")
    heads(row, answer, names, found)
    if "exactly" in row:
        body = size_or_text(names.fill(row["exactly"]) if isinstance(row["exactly"], str) else row["exactly"])
        found.want(answer.body == body, f"body: expected {body[:200]!r}, got {answer.body[:200]!r}")
    if method == "HEAD" or answer.status in (204, 304):
        found.want(answer.body == b"", "an answer of this kind has no body")
    elif answer.status >= 300 or {"code", "message", "elements", "without", "order"} & set(row):
        document(row, answer, names, found)
    return found


def heads(row, answer, names, found):
    for name in ("x-amz-request-id", "x-amz-id-2", "date"):
        found.want(answer.header(name), f"header {name}: every answer has it")
    for name, expected in row.get("has", {}).items():
        actual = answer.header(name)
        found.want(
            actual is not None and fits(expected, actual, names),
            f"header {name}: expected {names.fill(expected) if expected[0:1] != '~' else expected!r}, got {actual!r}",
        )
    for name in row.get("lacks", []):
        found.want(answer.header(name) is None, f"header {name}: expected none, got {answer.header(name)!r}")


def document(row, answer, names, found):
    try:
        root = ElementTree.fromstring(answer.body)
    except ElementTree.ParseError as wrong:
        found.append(f"body: expected XML ({wrong}), got {answer.body[:200]!r}")
        return
    found.want(answer.header("content-type") == "application/xml", f"content-type: {answer.header('content-type')!r}")
    if root.tag == "Error":
        found.want(texts(root, "RequestId") == [answer.header("x-amz-request-id")], "RequestId is not the header's")
        found.want(texts(root, "HostId") == [answer.header("x-amz-id-2")], "HostId is not the header's")
    else:
        found.want(root.tag.startswith(NAMESPACE), f"the root has no namespace: {root.tag}")
    wanted = {name.capitalize(): row[name] for name in ("code", "message") if name in row}
    for path, expected in {**wanted, **row.get("elements", {})}.items():
        actual, expected = texts(root, path), [expected] if isinstance(expected, str) else expected
        holds = len(actual) == len(expected) and all(map(lambda one, other: fits(one, other, names), expected, actual))
        found.want(holds, f"{path}: expected {expected}, got {actual}")
    for path in row.get("without", []):
        found.want(not texts(root, path), f"{path}: expected none, got {texts(root, path)}")
    for tag, expected in row.get("order", {}).items():
        node = next((node for node in root.iter() if strip(node.tag) == tag), None)
        # AWS's page shows a Resource in every error; its servers leave it out where another element names the thing.
        actual = None if node is None else [name for name in children(node) if (tag, name) != ("Error", "Resource")]
        found.want(actual == expected, f"children of {tag}: expected {expected}, got {actual}")
