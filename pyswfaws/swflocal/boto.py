"""Where SWF Local speaks exactly as botocore does, because botocore does the speaking.

Importing botocore takes longer than a whole small workflow, so the direct client comes here only when something went
wrong: to have an unusual argument checked and serialized, or to raise a fault as the exception that a boto3 client
would raise.
"""

import functools
import json
from typing import Any

import botocore.errorfactory
import botocore.exceptions
import botocore.model
import botocore.paginate
import botocore.parsers
import botocore.serialize
import botocore.validate

from pyswfaws.swflocal.host import ENDPOINT
from pyswfaws.swflocal.model import paginators, service_model
from pyswfaws.swflocal.server.wire import Response


@functools.cache
def model() -> botocore.model.ServiceModel:
    """SWF's model as botocore's own object."""
    return botocore.model.ServiceModel(service_model(), 'swf')


@functools.cache
def exceptions() -> Any:
    """The classes of SWF's faults, as ``client.exceptions`` has them; the same for all direct clients."""
    return botocore.errorfactory.ClientExceptionsFactory().create_client_exceptions(model())


def serialize(operation: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """Give the request as botocore sends it.

    Raises:
        botocore.exceptions.ParamValidationError: an argument is missing, unknown or of the wrong type.
    """
    operation_model = model().operation_model(operation)
    shape: Any = operation_model.input_shape
    botocore.validate.validate_parameters(arguments, shape)
    serializer = botocore.serialize.create_serializer('json', include_validation=False)
    request: dict[str, Any] = json.loads(serializer.serialize_to_request(arguments, operation_model)['body'])
    return request


def client_error(operation: str, response: Response) -> botocore.exceptions.ClientError:
    """Give what a boto3 client raises for this error response: of the fault's own class, if it has one."""
    parser = botocore.parsers.create_parser('json')
    answered = {'status_code': response.status, 'headers': response.headers, 'body': response.body}
    output: Any = model().operation_model(operation).output_shape
    parsed = parser.parse(answered, output)
    code = parsed['Error']['Code']
    shape = model().shape_for_error_code(code)
    if shape is not None:
        parsed.update(parser.parse(answered, shape))
    parsed['ResponseMetadata']['RetryAttempts'] = 0
    error: botocore.exceptions.ClientError = exceptions().from_code(code)(parsed, operation)
    return error


def connection_closed() -> botocore.exceptions.ConnectionClosedError:
    """Give what a boto3 client raises when the server closes the connection or is gone."""
    return botocore.exceptions.ConnectionClosedError(endpoint_url=ENDPOINT)


def not_pageable(method_name: str) -> botocore.exceptions.OperationNotPageableError:
    """Give what a boto3 client raises when it is asked for the pages of a method that has none."""
    return botocore.exceptions.OperationNotPageableError(operation_name=method_name)


def paginator(method: Any, operation: str) -> 'botocore.paginate.Paginator[Any]':
    """Give botocore's paginator over `method`."""
    pages = botocore.paginate.PaginatorModel(paginators())
    return botocore.paginate.Paginator(method, pages.get_paginator(operation), model().operation_model(operation))
