"""The pytest plugin: a fixture that is a `WorkflowEnvironment`, seeded by the name of the test.

So each test has an order of its own, the same in every run; ``--pyswfaws-seed`` gives another. Where a test fails, its
seed is shown.
"""

from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING, Any, Final
from zlib import crc32

import pytest

if TYPE_CHECKING:
    from pyswfaws.testing.environment import WorkflowEnvironment

_SEED: Final = pytest.StashKey[int]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add ``--pyswfaws-seed``."""
    parser.getgroup('pyswfaws').addoption(
        '--pyswfaws-seed', type=int, metavar='SEED',
        help='Seed of every workflow_environment; unless given, each test has its own, by its name.',
    )


@pytest.fixture
def workflow_environment(request: pytest.FixtureRequest) -> 'Iterator[WorkflowEnvironment]':
    """A WorkflowEnvironment, entered; its seed is shown where the test fails."""
    from pyswfaws.testing import WorkflowEnvironment  # noqa: PLC0415 - botocore, which other tests need not wait for

    given = request.config.getoption('--pyswfaws-seed')
    seed = crc32(request.node.nodeid.encode()) if given is None else given
    request.node.stash[_SEED] = seed
    with WorkflowEnvironment(seed=seed) as environment:
        yield environment


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None],  # noqa: ARG001 - pytest's signature
) -> Generator[None, Any, Any]:
    """Show the seed of a test that failed."""
    report = yield
    if report.failed and _SEED in item.stash:
        report.sections.append(('pyswfaws', f'to run it in the same order: --pyswfaws-seed={item.stash[_SEED]}'))
    return report
