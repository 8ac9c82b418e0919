# SPDX-License-Identifier: MIT
"""The structures of groq.h. A test compares every size and offset with the header."""

from __future__ import annotations

from ctypes import (Structure, c_char, c_double, c_int32, c_int64, c_size_t, c_uint8, c_uint32,
                    c_uint64, c_void_p, sizeof)
from types import SimpleNamespace
from typing import Any, TypeVar

from groq.constants import NAME_BYTES, UNKNOWN

Sized = TypeVar("Sized", bound=Structure)


class ErrorInfo(Structure):
    _fields_ = [("size", c_size_t), ("error", c_int32), ("os_error", c_int32),
                ("holder", c_int32), ("reserved", c_int32), ("message", c_char * 1024)]


class ContextOptions(Structure):
    _fields_ = [("size", c_size_t), ("trace", c_void_p), ("path", c_uint32),
                ("reserved", c_uint32)]


class DeviceInfo(Structure):
    _fields_ = [
        ("size", c_size_t), ("uri", c_char * 64), ("pci_address", c_char * 16),
        ("board", c_char * 32), ("node", c_char * 64), ("driver", c_char * 32),
        ("firmware", c_char * 32), ("reason", c_char * 256), ("serial", c_int64),
        ("sram_bytes", c_int64), ("queues", c_int64), ("links", c_int64),
        ("clock_hz", c_int64), ("link_mts", c_int64), ("link_mts_max", c_int64),
        ("link_width", c_int64), ("link_width_max", c_int64), ("timeout_ms", c_int64),
        ("paths", c_int64),
    ]


class Telemetry(Structure):
    _fields_ = [("size", c_size_t)] + [(name, c_int64) for name in (
        "state", "holders", "holder", "sram_used", "queues_used", "chip_mc", "board_mc",
        "chip_max_mc", "chip_crit_mc", "power_uw", "power_cap_uw", "core_mv", "core_ma",
        "clock_hz", "throttle", "uptime_s", "busy_ns", "programs_done",
        "programs_faulted", "bytes_in", "bytes_out", "ecc_corrected",
        "ecc_uncorrected", "resets", "links_up")]


class Link(Structure):
    _fields_ = [("size", c_size_t)] + [(name, c_int64) for name in (
        "state", "peer_serial", "peer_link", "lanes", "rate_mbps", "sent", "received",
        "corrected", "uncorrected", "downs", "open")]


class Alignment(Structure):
    _fields_ = [("size", c_size_t), ("samples", c_uint32), ("period", c_uint32),
                ("latency_min", c_double), ("latency_mean", c_double),
                ("latency_max", c_double), ("latency_deviation", c_double),
                ("offset", c_int64)]


class EntryInfo(Structure):
    _fields_ = [("size", c_size_t), ("name", c_char * NAME_BYTES), ("kind", c_uint32),
                ("reserved", c_uint32), ("cycles", c_uint64)]


class TensorInfo(Structure):
    _fields_ = [("size", c_size_t), ("name", c_char * NAME_BYTES), ("direction", c_uint32),
                ("element", c_uint32), ("rows", c_uint32), ("columns", c_uint32),
                ("bytes", c_uint64), ("packed_bytes", c_uint64)]


class ImageInfo(Structure):
    _fields_ = [("size", c_size_t), ("sram_bytes", c_uint64), ("copied_bytes", c_uint64),
                ("load_ns", c_int64)]


class Copy(Structure):
    _fields_ = [("size", c_size_t), ("buffer", c_void_p), ("buffer_offset", c_uint64),
                ("sram", c_uint64), ("bytes", c_uint64), ("rows", c_uint64),
                ("buffer_stride", c_uint64), ("sram_stride", c_uint64)]


class QueueOptions(Structure):
    _fields_ = [("size", c_size_t), ("priority", c_uint32), ("path", c_uint32),
                ("depth", c_uint32), ("reserved", c_uint32)]


class QueueInfo(Structure):
    _fields_ = [("size", c_size_t), ("path", c_uint32), ("depth", c_uint32),
                ("submitted", c_uint64), ("in_work", c_uint64),
                ("system_calls", c_uint64), ("allocations", c_uint64)]


class FaultInfo(Structure):
    _fields_ = [("cause", c_uint32), ("unit", c_uint32), ("cycle", c_uint64),
                ("address", c_uint64), ("text", c_uint32), ("detail", c_uint32),
                ("instruction", c_uint8 * 16)]


class Result(Structure):
    _fields_ = [("size", c_size_t), ("ticket", c_uint64), ("error", c_int32),
                ("step", c_uint32), ("cycles", c_uint64), ("expected_cycles", c_uint64),
                ("bytes", c_uint64), ("device_time_ns", c_uint64), ("fault", FaultInfo)]


class PipelineOptions(Structure):
    _fields_ = [("size", c_size_t), ("priority", c_uint32), ("path", c_uint32),
                ("depth", c_uint32), ("reserved", c_uint32)]


def sized(kind: type[Sized], **members: Any) -> Sized:
    """One that says how long it is, zero but for @members."""
    return kind(size=sizeof(kind), **members)


def record(structure: Structure) -> SimpleNamespace:
    """Its members for people: texts are str, and what is unknown is None."""
    names = [field[0] for field in structure._fields_]
    return SimpleNamespace(**{name: plain(getattr(structure, name)) for name in names
                              if name not in ("size", "reserved")})


def plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.decode(errors="replace")
    return None if value == UNKNOWN else value
