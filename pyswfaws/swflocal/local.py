"""SWF Local as its users hold it: one object that owns the file, the host, and the clients that it gives out."""

from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Executor
from contextlib import contextmanager
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, Self

from pyswfaws.protocol import limits
from pyswfaws.protocol.decisions import REFUSALS
from pyswfaws.swflocal.clocks import Clock, SystemClock
from pyswfaws.swflocal.direct import DirectClient
from pyswfaws.swflocal.host import Host
from pyswfaws.swflocal.lambdas import Handler
from pyswfaws.swflocal.mishaps import Mishap, Mishaps
from pyswfaws.swflocal.model import service_model
from pyswfaws.swflocal.service import Quotas, Rate, Service
from pyswfaws.swflocal.service.quotas import NO_RATES
from pyswfaws.swflocal.stores import MemoryStore, SqliteStore
from pyswfaws.swflocal.stores.base import Store

if TYPE_CHECKING:
    from mypy_boto3_swf import SWFClient


NO_LAMBDAS: Final[Mapping[str, Handler]] = {}


class SwfLocal:
    """Amazon SWF inside this process: a context manager, safe to use from many threads.

    Args:
        path: the SQLite file that keeps everything; it is created if need be. None keeps everything in memory.
        clock: where the time comes from, an object with ``now()`` that gives seconds since the epoch; the machine's
            clock if none is given. A `VirtualClock` jumps to the next deadline when no worker could use the time
            until then.
        poll_timeout: seconds after which a poll without a task is answered empty; 0 never waits. Amazon SWF has 60.
        durability: 'normal' survives the end of the process at any point, 'full' a power cut as well.
        quotas: how many of a thing there may be; the figures of Amazon SWF if none are given.
        rates: how many requests a second are allowed, by operation or decision type; `RATES` are those of Amazon SWF.
            Off if none are given.
        lambdas: the functions that Lambda tasks invoke, by name or ARN: ``handler(event, context)``.
        executor: what runs them; threads of its own unless given.
        mishaps: what shall go wrong between clients and the service, on purpose.
        seed: of the dice for the mishaps.

    Raises:
        pyswfaws.swflocal.stores.base.ForeignFileError: the file at `path` is not one of SWF Local's.
        pyswfaws.swflocal.stores.base.LockedError: another process uses it.

    >>> with SwfLocal() as swf:
    ...     swf.direct_client().list_domains(registrationStatus='REGISTERED')['domainInfos']
    []
    """

    def __init__(
        self,
        path: str | PathLike[str] | None = None,
        *,
        clock: Clock | None = None,
        poll_timeout: float = limits.LONG_POLL,
        durability: Literal['normal', 'full'] = 'normal',
        quotas: Quotas | None = None,
        rates: Mapping[str, Rate] = NO_RATES,
        lambdas: Mapping[str, Handler] = NO_LAMBDAS,
        executor: Executor | None = None,
        mishaps: Iterable[Mishap] = (),
        seed: int = 0,
    ) -> None:
        self._path = path
        self._durability = durability
        self._quotas = quotas
        self._rates = rates
        self._store = self._open()
        self._host = Host(
            self._service(),
            self._store,
            clock or SystemClock(),
            poll_timeout=poll_timeout,
            mishaps=Mishaps(mishaps, seed),
            lambdas=lambdas,
            executor=executor,
        )
        if self._store.first_lambda() is not None:
            self._host.invoke_what_waits()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f'<SwfLocal {self._path or "in memory"}>'

    def client(self, region_name: str = 'us-east-1') -> 'SWFClient':
        """Give an ordinary boto3 SWF client, answered in this process; it needs no credentials and no network."""
        from pyswfaws.swflocal.server import transport  # noqa: PLC0415 - imports botocore

        return transport.client(self._host, region_name)

    def direct_client(self, region_name: str = 'us-east-1') -> DirectClient:
        """Give a client with the methods of a boto3 SWF client and without botocore's cost."""
        return DirectClient(self._host, region_name)

    @contextmanager
    def serve(
        self,
        host: str = '127.0.0.1',
        port: int = 0,
        *,
        allow_remote: bool = False,
        token: str | None = None,
        allow_reset: bool = False,
    ) -> Iterator[str]:
        """Serve over HTTP, for the SDKs of every language, while the context is entered; it gives the endpoint's URL.

        Args:
            host: the address to listen on.
            port: the port; 0 takes a free one.
            allow_remote: listen on an address that other machines can reach, if `token` is set.
            token: what clients must give as their AWS session token.
            allow_reset: let ``POST /moto-api/reset`` empty the service.

        Raises:
            ValueError: `host` can be reached from other machines and `allow_remote` or `token` is missing.
            OSError: the address cannot be used.
            ModuleNotFoundError: httptools is not installed.
        """
        from pyswfaws.swflocal.server import http  # noqa: PLC0415 - imports httptools, which is an extra

        listener = http.listen(host, port, allow_remote=allow_remote, token=token)
        server = http.Server(self._host, listener, token=token, reset=self.reset if allow_reset else None)
        try:
            yield server.url
        finally:
            server.close()

    def reset(self) -> None:
        """Forget everything: domains, executions, and what stands in the file."""
        self._host.replace(self._renewed)

    def refuse_next(self, decision_type: str, cause: str, times: int = 1) -> None:
        """Refuse the next `times` decisions of that type, whatever they are, to test how a decider copes.

        Args:
            decision_type: 'ScheduleActivityTask', for one.
            cause: as the event of the refusal is to have it, 'ACTIVITY_CREATION_RATE_EXCEEDED' for one.
            times: how many decisions.

        Raises:
            ValueError: SWF does not refuse decisions of that type for that cause.
        """
        refusal = REFUSALS.get(decision_type)
        if refusal is None or cause not in refusal.causes:
            causes = ', '.join(refusal.causes if refusal else REFUSALS)
            raise ValueError(f'SWF does not refuse {decision_type} with {cause!r}; there is {causes}')
        self._host.refuse_next(decision_type, cause, times)

    def end_polls(self) -> None:
        """Answer every waiting poll empty, and each further one at once, so that workers come to an end quickly."""
        self._host.end_polls()

    def skip(self, until: float | None = None) -> bool:
        """Move a virtual clock to the next deadline and fire what is due then; False if nothing ever will be.

        With `until`, seconds since the epoch, it moves no further than that, and that far if nothing is due before.
        The workers' state is not asked: it is for those who run the workers themselves, one call after the other.

        Raises:
            TypeError: the clock is not virtual.
        """
        return self._host.skip(until)

    def close(self) -> None:
        """Answer every waiting poll empty, wait for Lambda functions that run, end all threads and close the file.

        Closing twice is fine.
        """
        self._host.close()
        self._store.close()

    def _open(self) -> Store:
        return MemoryStore() if self._path is None else SqliteStore(Path(self._path), durability=self._durability)

    def _renewed(self) -> tuple[Service, Store]:
        self._store.close()
        if self._path is not None:
            for suffix in ('', '-wal', '-shm'):
                Path(f'{self._path}{suffix}').unlink(missing_ok=True)
        self._store = self._open()
        return self._service(), self._store

    def _service(self) -> Service:
        return Service(self._store, service_model(), quotas=self._quotas, rates=self._rates)
