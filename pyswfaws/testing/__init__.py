"""Testing workflows: an environment in which days pass in milliseconds, and replays of recorded histories."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pyswfaws.testing.environment import DeciderWarning, WorkflowEnvironment
    from pyswfaws.testing.replayed import Replayed, replay_history
    from pyswfaws.testing.runs import EnvironmentRun
    from pyswfaws.testing.waiting import Waiting

_LATER = {      # pytest loads our plugin in every run, and must not wait for AWS's libraries
    'DeciderWarning': 'pyswfaws.testing.environment',
    'EnvironmentRun': 'pyswfaws.testing.runs',
    'Replayed': 'pyswfaws.testing.replayed',
    'Waiting': 'pyswfaws.testing.waiting',
    'WorkflowEnvironment': 'pyswfaws.testing.environment',
    'replay_history': 'pyswfaws.testing.replayed',
}

__all__ = ['DeciderWarning', 'EnvironmentRun', 'Replayed', 'Waiting', 'WorkflowEnvironment', 'replay_history']


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f'module {__name__!r} has no attribute {name!r}')
    value = getattr(import_module(_LATER[name]), name)
    globals()[name] = value
    return value
