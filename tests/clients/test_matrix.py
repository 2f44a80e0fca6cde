"""The golden matrix: every operation × everybody × every way to ask is allowed or denied as the file says.

After a change that is meant: `pytest tests/clients/test_matrix.py --update`, and the diff is to be read line by line.
"""

import difflib

import pytest

from support import operations
from support.matrix import ELSEWHERE, SERVICES, UNDECIDED, Matrix, written
from support.server import REPOSITORY, Server

FILE = REPOSITORY / "tests" / "authorization" / "matrix.txt"


@pytest.fixture(scope="module")
def asked(tmp_path_factory):
    """The matrix and the text of it."""
    folder = tmp_path_factory.mktemp("matrix")
    server = Server(folder, arguments=["--audit-log", folder / "audit.json", "--audit-log-bytes-max", "1GiB"])
    server.start()
    matrix = Matrix(server).fill()
    server.stop()
    return matrix, written(matrix, matrix.needs(folder / "audit.json"))


@pytest.mark.timeout(600)
def test_everybody_may_do_what_the_file_says(asked, pytestconfig):
    _, text = asked
    if pytestconfig.getoption("--update"):
        FILE.write_text(text)
    old = FILE.read_text().splitlines(keepends=True)
    diff = "".join(difflib.unified_diff(old, text.splitlines(keepends=True), "in the tree", "as answered"))
    assert not diff, f"the matrix changed; if that is meant, run again with --update:\n{diff}"


def test_every_operation_of_the_models_stands_in_it(asked):
    matrix, _ = asked
    every = {(service, name) for service in SERVICES for name in operations.names(service)}
    every -= ELSEWHERE
    assert every == {*matrix.rows, *matrix.not_built} and len(every) == len(matrix.rows) + len(matrix.not_built)


def test_roots_and_who_may_do_all_may_and_who_is_denied_may_not(asked):
    """What holds for every operation, whatever the file says."""
    matrix, _ = asked
    for operation, rows in matrix.rows.items():
        if operation in NEEDS_NOTHING:
            continue
        for way, (allowed, denied, plain) in enumerate(zip(rows["user, allowed"], rows["user, denied"], rows["user, no policy"], strict=True)):
            assert (denied, plain) == (allowed, allowed) if allowed == "-" else (denied, plain) == ("denied", "denied"), (operation, way)


# Everybody may ask these, as on AWS.
NEEDS_NOTHING = {("sts", "GetCallerIdentity"), ("sts", "GetSessionToken"), ("sts", "AssumeRoleWithWebIdentity")}


def test_no_cell_is_left_undecided(asked):
    matrix, _ = asked
    left = {
        (*operation, asker, cell)
        for operation, rows in matrix.rows.items()
        for asker, cells in rows.items()
        for cell in cells
        if cell in UNDECIDED
    }
    assert left == set()
