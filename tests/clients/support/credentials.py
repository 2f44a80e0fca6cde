"""Who signs: an access key with its secret, and the token of temporary ones; and the root's of every server that the
suites start."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Credentials:
    access_key: str
    secret_key: str
    # Of temporary ones.
    token: str | None = None


ROOT = Credentials("STRONGROOMTESTROOT01", "a-secret-that-only-these-suites-use-0123")
