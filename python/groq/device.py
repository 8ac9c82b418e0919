# SPDX-License-Identifier: MIT
"""Cards: which there are, how they are, and one that is opened."""

from __future__ import annotations

import os
from ctypes import byref, c_char_p, c_int, c_size_t, c_uint32, c_void_p, cast, sizeof
from types import SimpleNamespace
from typing import Any
from weakref import WeakSet

from groq import structures
from groq.constants import Event, LinkOpen, LinkState, Path, State
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


def links(uri: str) -> list[SimpleNamespace]:
    """The links of a card from 0 on, all at one time (groq_link), without opening it;
    those of a simulated card are Device.links()."""
    return _links("groq_links_read", uri.encode())


def _links(name: str, of: Any) -> list[SimpleNamespace]:
    """Once more with room for all, where a card has more than any that there is."""
    count = c_size_t(16)
    room = 0
    while room < count.value:
        room = count.value
        told = (structures.Link * room)()
        told[0].size = sizeof(structures.Link)
        check(name, of, told, room, byref(count), None)
    return [_link_record(link) for link in told[:count.value]]


def _link_record(link: structures.Link) -> SimpleNamespace:
    told = record(link)
    told.state = LinkState(told.state) if told.state in list(LinkState) else told.state
    told.open = LinkOpen(told.open) if told.open in list(LinkOpen) else told.open
    if told.peer_serial is not None:
        told.peer_serial %= 1 << 64
    return told


class Context(Owner):
    """What devices that are opened through it have in common: @path, how their jobs
    get to the driver, and @trace, a file that is written ("": none, None: that of the
    environment; docs/tracing.md)."""

    def __init__(self, path: Path = Path.AUTO, trace: str | None = None) -> None:
        text = None if trace is None else cast(c_char_p(os.fsencode(trace)), c_void_p)
        options = sized(structures.ContextOptions, path=path, trace=text)
        self._handle = create("groq_context_create", "groq_context_destroy", byref(options))


class Device(Owner):
    """An open card; groq.h says what @uri may be."""

    def __init__(self, uri: str, context: Context | None = None) -> None:
        name, close = uri.encode(), "groq_device_close"
        if context is None:
            self._handle = create("groq_device_open", close, name)
        else:
            self._handle = create("groq_context_open", close, context.pointer, name)
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

    def events(self) -> Event:
        """What has befallen the card since the last call; Event(0) for nothing."""
        events = c_uint32()
        check("groq_device_read_events", self.pointer, byref(events))
        return Event(events.value)

    def event_fileno(self) -> int:
        """A file descriptor for selectors: readable while events() has something to
        tell. It belongs to the device."""
        fd = c_int()
        check("groq_device_event_fd", self.pointer, byref(fd))
        return fd.value

    @property
    def info(self) -> SimpleNamespace:
        """The members of groq_device_info; paths is a list of Path."""
        info = sized(structures.DeviceInfo)
        check("groq_device_get_info", self.pointer, byref(info))
        return _device_record(info)

    def links(self) -> list[SimpleNamespace]:
        """The members of groq_link for each of its links; state is a LinkState, open a
        LinkOpen."""
        return _links("groq_device_read_links", self.pointer)

    def align_link(self, link: int, samples: int = 1000, adjust: bool = True) -> SimpleNamespace:
        """How long a link is, in cycles one way (groq_alignment); with @adjust the card's
        counter is then set to its peer's. Blocks as long as the samples take."""
        told = sized(structures.Alignment)
        check("groq_device_align_link", self.pointer, link, samples, adjust, byref(told))
        return record(told)

    def telemetry(self) -> SimpleNamespace:
        """The members of groq_telemetry; state is a State."""
        info = sized(structures.Telemetry)
        check("groq_device_read_telemetry", self.pointer, byref(info))
        return _telemetry_record(info)
