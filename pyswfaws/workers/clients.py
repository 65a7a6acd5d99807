"""Clients: how a boto3 client for SWF is made, and what its errors mean to us."""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from importlib.metadata import version
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    NoRegionError,
    ParamValidationError,
    PartialCredentialsError,
    ProfileNotFound,
)

from pyswfaws.exceptions import ConfigurationError, DataLostError, UnreachableError
from pyswfaws.protocol.limits import LONG_POLL

logger = logging.getLogger('pyswfaws')

#: What a call of a client may raise.
FAULTS: Final = (BotoCoreError, ClientError, OSError)

#: Faults that say that a request will never be taken. Every other one may pass.
_PERMANENT: Final = frozenset({
    'UnknownResourceFault', 'OperationNotPermittedFault', 'ValidationException', 'AccessDeniedException',
    'SerializationException', 'UnknownOperationException',
})

#: Faults that say that a policy does not allow a call.
MAY_NOT: Final = ('AccessDeniedException', 'OperationNotPermittedFault')

#: Faults that say that there are too many requests, or too many of a thing.
_THROTTLING: Final = frozenset({
    'ThrottlingException', 'Throttling', 'RequestLimitExceeded', 'TooManyRequestsException', 'LimitExceededFault',
})

#: Faults that say that the credentials are no good.
_NOT_LET_IN: Final = frozenset({
    'UnrecognizedClientException', 'InvalidClientTokenId', 'InvalidSignatureException', 'SignatureDoesNotMatch',
    'ExpiredTokenException', 'IncompleteSignature', 'MissingAuthenticationTokenException',
})

#: How long a polling client waits for an answer: longer than SWF may hold a poll.
_POLL_READ_TIMEOUT: Final = LONG_POLL + 10

USER_AGENT: Final = f'pyswfaws/{version("pyswfaws")}'


def make_client(
    *,
    session: Any = None,
    region_name: str | None = None,
    endpoint_url: str | None = None,
    aws_access_key_id: str | None = None,
    aws_secret_access_key: str | None = None,
    connections: int = 10,
    polling: bool = False,
) -> Any:
    """Make a boto3 client for SWF that can hold `connections` requests open at a time.

    The other arguments are boto3's. At an endpoint on this machine, as SWF Local's, a region and credentials are made
    up where none are set. A `polling` client waits for as long as SWF may hold a poll, and tries nothing twice; any
    other is answered soon, or asks again. Raises an UnreachableError where boto3 finds no region, or a profile that is
    not there.
    """
    import boto3  # noqa: PLC0415 - 200 ms that a worker with a client of its own need not spend
    from botocore.config import Config  # noqa: PLC0415 - likewise

    try:
        session = session or boto3.Session()
        if is_here(endpoint_url or os.environ.get('AWS_ENDPOINT_URL_SWF')):     # which botocore reads by itself
            region_name = region_name or session.region_name or 'us-east-1'
            chosen = session.profile_name != 'default' or 'AWS_ACCESS_KEY_ID' in os.environ
            if aws_access_key_id is None and not chosen:
                aws_access_key_id = aws_secret_access_key = 'local'  # noqa: S105 - SWF Local asks for any
        return session.client(
            'swf',
            region_name=region_name,
            endpoint_url=endpoint_url,
            aws_access_key_id=aws_access_key_id,
            aws_secret_access_key=aws_secret_access_key,
            config=Config(
                read_timeout=_POLL_READ_TIMEOUT if polling else 10,
                connect_timeout=5,
                retries={'mode': 'standard', 'total_max_attempts': 1 if polling else 3},
                max_pool_connections=max(10, connections),
                tcp_keepalive=True,
                user_agent=USER_AGENT,
            ),
        )
    except NoRegionError:
        raise UnreachableError('no AWS region is set: give --region (region_name=) or set AWS_DEFAULT_REGION') from None
    except (ProfileNotFound, ValueError) as error:
        raise UnreachableError(str(error)) from error


class Access(NamedTuple):
    """How a worker gets to SWF: by a client that its user gives, or by clients that are made as these arguments say."""

    client: Any = None
    session: Any = None
    region_name: str | None = None
    endpoint_url: str | None = None
    aws_access_key_id: str | None = None
    aws_secret_access_key: str | None = None

    def __repr__(self) -> str:
        return f'<Access to {self.endpoint_url or self.region_name or "SWF"}>'      # and no key

    def clients(self, polls: int, calls: int) -> tuple[Any, Any]:
        """Give a client for so many `polls` at a time, and one for so many other `calls`.

        Two, so that neither keeps the other waiting: polls hold their connections for a minute, and what is no poll
        should be noticed soon when it is not answered. A client that was given serves for both.
        """
        if self.client is not None:
            return self.client, self.client
        import boto3  # noqa: PLC0415 - 200 ms that a worker with a client of its own need not spend

        try:
            session = self.session or boto3.Session()     # one, so that credentials are found and refreshed once
        except ProfileNotFound as error:
            raise UnreachableError(str(error)) from error
        made = partial(
            make_client,
            session=session, region_name=self.region_name, endpoint_url=self.endpoint_url,
            aws_access_key_id=self.aws_access_key_id, aws_secret_access_key=self.aws_secret_access_key,
        )
        return made(connections=polls, polling=True), made(connections=calls)


def is_here(endpoint_url: str | None) -> bool:
    """Whether an endpoint is on this machine, as SWF Local's."""
    return urlsplit(endpoint_url or '').hostname in ('127.0.0.1', 'localhost', '::1')


def fault_of(error: BaseException) -> str:
    """Give the name of a fault, such as ``UnknownResourceFault``; '' for what is not of SWF."""
    return str(error.response.get('Error', {}).get('Code', '')) if isinstance(error, ClientError) else ''


def was_retried(error: BaseException) -> bool:
    """Whether a fault is what a repeated call met: an earlier one may have been carried out, and its answer lost."""
    return isinstance(error, ClientError) and error.response.get('ResponseMetadata', {}).get('RetryAttempts', 0) > 0


def is_permanent(error: BaseException) -> bool:
    """Whether trying again is of no use."""
    return fault_of(error) in _PERMANENT or isinstance(error, ParamValidationError | DataLostError)


def is_throttling(error: BaseException) -> bool:
    """Whether SWF asks for fewer requests."""
    return fault_of(error) in _THROTTLING


def may_pass(error: BaseException) -> bool:
    """Whether whoever waits for something should ask again: the request and the credentials are good."""
    let_in = fault_of(error) not in _NOT_LET_IN and not isinstance(error, NoCredentialsError | PartialCredentialsError)
    return let_in and not is_permanent(error)


def check_wait(client: Any) -> None:
    """Warn of a client that may give up a poll which SWF still holds: a task would be handed to nobody."""
    config = getattr(getattr(client, 'meta', None), 'config', None)
    wait = getattr(config, 'read_timeout', None)
    if wait is not None and wait <= LONG_POLL:
        logger.warning(
            'the client waits %s s for an answer, but SWF may hold a poll for %s s, and then hand a task to nobody: '
            'make it with botocore.config.Config(read_timeout=%s)', wait, LONG_POLL, _POLL_READ_TIMEOUT,
        )


def check_domain(client: Any, domain: str) -> None:
    """Ask SWF for the domain, to fail early and clearly; raises a ConfigurationError that says what to do.

    A client that may not ask (its policy has no swf:DescribeDomain) is let through.
    """
    try:
        with explaining_faults():
            found = client.describe_domain(name=domain)
    except ClientError as error:
        if fault_of(error) == 'UnknownResourceFault':
            raise ConfigurationError(
                f'there is no domain {domain!r} in SWF. Register it and its types: pyswfaws register TARGET '
                f'--domain {domain}'
            ) from error
    except FAULTS:
        return      # whatever it is may pass; the polls go on trying
    else:
        if found['domainInfo']['status'] == 'DEPRECATED':
            logger.warning('the domain %r is deprecated: what is open in it goes on, but nothing new can start', domain)


@contextmanager
def explaining_faults() -> Iterator[None]:
    """Let what says that SWF cannot be reached be an UnreachableError, which says what to do."""
    try:
        yield
    except (NoCredentialsError, PartialCredentialsError) as error:
        raise UnreachableError(
            f'no AWS credentials: {error}. Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, choose a profile with '
            'AWS_PROFILE, or run where a role gives them'
        ) from error
    except (EndpointConnectionError, ConnectTimeoutError) as error:
        raise UnreachableError(
            f'{error}. Is the endpoint right, and does it run? SWF Local is started by: pyswfaws local'
        ) from error
    except ClientError as error:
        if fault_of(error) in _NOT_LET_IN:
            raise UnreachableError(f'AWS does not let us in: {error}') from error
        raise
