"""OpenTelemetry: traces and metrics of clients and workers, as middleware. Needs the extra ``pyswfaws[otel]``.

Both use the API only; what is done with them is for the SDK, and whoever sets it up.
"""

try:
    from pyswfaws.otel.metrics import Metrics
    from pyswfaws.otel.traces import Traces
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(f"{error}. pyswfaws.otel needs pip install 'pyswfaws[otel]'", name=error.name) from error

__all__ = ['Metrics', 'Traces']
