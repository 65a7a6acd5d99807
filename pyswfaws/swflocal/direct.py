"""The direct client: boto3's SWF client without botocore's work, for tests and workers in the process of the service.

It has the methods of a boto3 client, takes the same keyword arguments, gives the same responses and raises the same
exceptions, at about a twentieth of the cost. Differences: timestamps in responses carry UTC instead of the local zone
(they are equal as times), ``meta`` has the region and endpoint only, and there are no events to register for. One
method is its own: `DirectClient.wait_until_closed`.
"""

import itertools
import re
from collections.abc import Callable
from typing import Any, Final, NamedTuple

from pyswfaws.swflocal.closings import Run
from pyswfaws.swflocal.host import ENDPOINT, AnswerLostError, ClosedError, Host
from pyswfaws.swflocal.model import paginators, service_model
from pyswfaws.swflocal.server import wire
from pyswfaws.swflocal.service import Fault
from pyswfaws.swflocal.shapes import Misfit, request_converter, response_converter


def method_name(operation: str) -> str:
    """Name the method of an operation as boto3 does.

    >>> method_name('PollForDecisionTask')
    'poll_for_decision_task'
    """
    return re.sub(r'(?<=[a-z])(?=[A-Z])', '_', operation).lower()


_requests: Final = itertools.count(1)


class Meta(NamedTuple):
    """What is worth knowing about a client."""

    region_name: str
    endpoint_url: str


class DirectClient:
    """A client of one host and region; safe to use from many threads.

    A method raises ``botocore.exceptions.ParamValidationError`` for arguments that boto3 refuses to send and a
    ``botocore.exceptions.ClientError`` for a fault of the service, with the ``response`` that boto3 gives it.
    """

    def __init__(self, host: Host, region_name: str) -> None:
        self._host = host
        self._operations = {method_name(operation): operation for operation in service_model()['operations']}
        self.meta = Meta(region_name, ENDPOINT)

    def __repr__(self) -> str:
        return f'<{type(self).__name__} of SWF Local, {self.meta.region_name}>'

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self._operations]

    def __getattr__(self, name: str) -> Callable[..., dict[str, Any]]:
        """Make the method of an operation when it is first asked for."""
        operation = self.__dict__.get('_operations', {}).get(name)
        if operation is None:
            raise AttributeError(f'{type(self).__name__} has no attribute {name!r}')
        method = self._method(name, operation)
        setattr(self, name, method)
        return method

    def wait_until_closed(self, *, domain: str, workflow_id: str, run_id: str, timeout: float | None = None) -> bool:
        """Wait until an execution has closed, which Amazon SWF and its clients can only ask for again and again.

        Args:
            domain: the name of its domain.
            workflow_id: its workflow id.
            run_id: its run id.
            timeout: seconds to wait at most; None waits for ever.

        Returns:
            Whether it has closed. An execution that is not known counts as closed.

        Raises:
            botocore.exceptions.ConnectionClosedError: the service was closed.
        """
        try:
            return self._host.wait_until_closed(Run(self.meta.region_name, domain, workflow_id, run_id), timeout)
        except ClosedError:
            raise _boto().connection_closed() from None

    @property
    def exceptions(self) -> Any:
        """The classes of the service's faults, by name."""
        return _boto().exceptions()

    def can_paginate(self, operation_name: str) -> bool:
        """Tell whether ``get_paginator`` knows the method of this name."""
        return self._operations.get(operation_name) in paginators()['pagination']

    def get_paginator(self, operation_name: str) -> Any:
        """Give botocore's paginator over a method of this client.

        Raises:
            botocore.exceptions.OperationNotPageableError: its results do not come in pages.
        """
        if not self.can_paginate(operation_name):
            raise _boto().not_pageable(operation_name)
        return _boto().paginator(getattr(self, operation_name), self._operations[operation_name])

    def close(self) -> None:
        """Do nothing: a client holds no connection."""

    def _method(self, name: str, operation: str) -> Callable[..., dict[str, Any]]:
        to_wire = request_converter(service_model(), operation)
        from_wire = response_converter(service_model(), operation)

        def call(*args: Any, **kwargs: Any) -> dict[str, Any]:
            if args:
                raise TypeError(f'{name}() only accepts keyword arguments.')
            try:
                request = to_wire(kwargs)
            except Misfit:
                request = _boto().serialize(operation, kwargs)
            response: dict[str, Any] = from_wire(self._answer(operation, request))
            response['ResponseMetadata'] = {
                'RequestId': f'00000000-0000-1000-8000-{next(_requests):012x}',
                'HTTPStatusCode': 200,
                'HTTPHeaders': {},
                'RetryAttempts': 0,
            }
            return response

        call.__name__ = name
        call.__doc__ = f'Carry out {operation}; see the SWF API reference for its members.'
        return call

    def _answer(self, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        try:
            return self._host.call(operation, request, self.meta.region_name)
        except Fault as fault:
            raise _boto().client_error(operation, wire.refusal(fault)) from None
        except (AnswerLostError, ClosedError):
            raise _boto().connection_closed() from None


def _boto() -> Any:
    """Import what needs botocore, only when it is needed: it takes longer than a whole small workflow."""
    from pyswfaws.swflocal import boto  # noqa: PLC0415 - see above

    return boto
