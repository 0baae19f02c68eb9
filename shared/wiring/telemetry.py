"""Who hears what happens: whoever the settings name, or nobody, and then nothing is loaded (D17)."""

import threading
from typing import TYPE_CHECKING

from shared.kernel import tracing

if TYPE_CHECKING:
    from shared.adapters.telemetry import OpenTelemetry
    from shared.wiring.settings import Settings

_telling: list["OpenTelemetry"] = []
_beginning = threading.Lock()


def begin(settings: "Settings") -> None:
    """Begin to tell whom the settings name; a process does so once, whatever it serves later."""
    if not (settings.applicationinsights_connection_string.value or settings.otel_exporter_otlp_endpoint):
        return
    with _beginning:
        if not _telling:
            _telling.append(_listened_to_by(settings))
            _telling[0].listen()
            tracing.record_by(_telling[0])


def end() -> None:
    """Tell what is still to be told, and then nothing more."""
    tracing.record_by(None)
    while _telling:
        _telling.pop().close()


def _listened_to_by(settings: "Settings") -> "OpenTelemetry":
    """Choose the collector where both are named: whoever names one wants to see it there."""
    from shared.adapters import telemetry_exporters as exporters  # noqa: PLC0415  # 100 ms of a cold start

    if settings.otel_exporter_otlp_endpoint:
        return exporters.to_collector(settings.otel_exporter_otlp_endpoint)
    from shared.wiring.azure_places import AzurePlaces  # noqa: PLC0415  # as above

    azure = AzurePlaces(settings)
    return exporters.to_azure_monitor(
        settings.applicationinsights_connection_string, azure.credential, trusted_ca=azure.trusted_ca
    )
