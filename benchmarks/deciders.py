"""The deciders that take part where a chain of activities is decided: ours, and the other SWF frameworks for Python."""

from typing import Final

from contest import Contestant

#: The modules of the peers.
PEERS: Final = ('flowy', 'garcon', 'simpleflow')


def deciders(measure: str, steps: int, *, peers: bool = True) -> list[Contestant]:
    """Give those that take part in a measure of ``contestants/deciding.py`` on a chain of so many steps."""
    arguments = (measure, str(steps))
    return [
        Contestant('pyswfaws', 'chain_pyswfaws.py', arguments),
        *(Contestant(f'{peer}, boto3', f'chain_{peer}.py', arguments, needs=peer) for peer in PEERS if peers),
    ]
