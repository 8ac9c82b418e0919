# SPDX-License-Identifier: MIT
"""Cards: which there are, how they are, and one that is opened."""

from __future__ import annotations

from ctypes import byref
from types import SimpleNamespace
from weakref import WeakSet

from groq import structures
from groq.constants import Path, State
from groq.library import Handle, Owner, call, check, create
from groq.structures import record, sized


def devices() -> list[SimpleNamespace]:
    """The cards of this machine by PCI address, as Device.info tells of each. Works
    without driver and without rights; reason says what is not known then."""
    listing = create("groq_device_list_create", "groq_device_list_destroy")
    return [_listed(listing, index)
            for index in range(call("groq_device_list_count", listing.pointer))]


def _listed(listing: Handle, index: int) -> SimpleNamespace:
    info = sized(structures.DeviceInfo)
    check("groq_device_list_get", listing.pointer, index, byref(info))
    return _device_record(info)


def _device_record(info: structures.DeviceInfo) -> SimpleNamespace:
    told = record(info)
    if told.serial is not None:
        told.serial %= 1 << 64
    if told.paths is not None:
        told.paths = [path for path in Path if told.paths >> path & 1]
    return told


def telemetry(uri: str) -> SimpleNamespace:
    """What the card's sensors and counters say now (groq_telemetry), without opening
    it; simulated cards are seen by those alone who have them open."""
    info = sized(structures.Telemetry)
    check("groq_telemetry_read", uri.encode(), byref(info))
    return _telemetry_record(info)


def _telemetry_record(info: structures.Telemetry) -> SimpleNamespace:
    told = record(info)
    told.state = State(told.state) if told.state in list(State) else told.state
    return told


class Device(Owner):
    """An open card; groq.h says what @uri may be."""

    def __init__(self, uri: str) -> None:
        self._handle = create("groq_device_open", "groq_device_close", uri.encode())
        self._parts: WeakSet[Owner] = WeakSet()

    def adopt(self, part: Owner) -> None:
        """To be closed with the device: what is of a card keeps it open."""
        self._parts.add(part)

    def close(self) -> None:
        """Closes all that is of this device too. The card is free when arrays of its
        buffers are gone as well."""
        for part in list(self._parts):
            part.close()
        super().close()

    @property
    def info(self) -> SimpleNamespace:
        """The members of groq_device_info; paths is a list of Path."""
        info = sized(structures.DeviceInfo)
        check("groq_device_get_info", self.pointer, byref(info))
        return _device_record(info)

    def telemetry(self) -> SimpleNamespace:
        """The members of groq_telemetry; state is a State."""
        info = sized(structures.Telemetry)
        check("groq_device_read_telemetry", self.pointer, byref(info))
        return _telemetry_record(info)
