# SPDX-License-Identifier: MIT
"""Checks what GROQ_TRACE wrote against docs/tracing.md and the trace event format."""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from pathlib import Path

# By phase: what an event must have beside ph, name, pid, tid and ts.
MEMBERS = {"X": {"dur", "args"}, "M": {"args"}, "b": {"cat", "id", "args"}, "e": {"cat", "id"},
           "s": {"cat", "id"}, "t": {"cat", "id"}, "f": {"cat", "id", "bp"}, "i": {"s", "args"}}
COMMON = {"ph": str, "name": str, "pid": int, "tid": int, "ts": (int, float)}


class Wrong(Exception):
    """What is wrong with a trace."""


def require(is_right: bool, what: object) -> None:
    if not is_right:
        raise Wrong(what)


def ns(microseconds: float) -> int:
    return round(microseconds * 1000)


def start(event: dict) -> int:
    return ns(event["ts"])


def end(event: dict) -> int:
    return start(event) + ns(event["dur"])


def of_phase(events: list[dict], phase: str) -> list[dict]:
    return [event for event in events if event["ph"] == phase]


def check_members(events: list[dict]) -> None:
    for event in events:
        for name, kind in COMMON.items():
            if name != "ts" or event["ph"] != "M":
                require(isinstance(event.get(name), kind), f"{name} of {event}")
        require(event["ph"] in MEMBERS, f"the phase of {event}")
        own = set(event) - set(COMMON)
        require(own == MEMBERS[event["ph"]], f"the members of {event}")
        require(min(event.get("ts", 0), event.get("dur", 0)) >= 0, f"the time of {event}")


def tracks(events: list[dict]) -> dict[tuple[int, int], list[dict]]:
    """Spans by row, each in the order of its beginnings, the longer one first."""
    all_rows = defaultdict(list)
    for event in of_phase(events, "X"):
        all_rows[event["pid"], event["tid"]].append(event)
    for row in all_rows.values():
        row.sort(key=lambda event: (start(event), -end(event)))
    return all_rows


def check_nesting(events: list[dict]) -> None:
    for row in tracks(events).values():
        around: list[dict] = []
        for event in row:
            while around and end(around[-1]) <= start(event):
                around.pop()
            require(not around or end(event) <= end(around[-1]),
                    f"{event} leaves {around[-1] if around else None}")
            around.append(event)


def host_process(events: list[dict]) -> int:
    hosts = [event["pid"] for event in of_phase(events, "M") if event["args"] == {"name": "host"}]
    require(len(hosts) == 1, f"{len(hosts)} hosts")
    return hosts[0]


def check_names(events: list[dict]) -> None:
    processes = {e["pid"] for e in of_phase(events, "M") if e["name"] == "process_name"}
    require(processes >= {event["pid"] for event in events}, "a process has no name")
    rows = [(e["pid"], e["tid"]) for e in of_phase(events, "M") if e["name"] == "thread_name"]
    require(len(rows) == len(set(rows)), "a row is named twice")
    host = host_process(events)
    require({row for row in tracks(events) if row[0] != host} <= set(rows), "a row has no name")


def span_around(events: list[dict], point: dict, names: tuple[str, ...]) -> dict:
    for event in tracks(events)[point["pid"], point["tid"]]:
        if start(event) <= start(point) <= end(event) and event["name"].startswith(names):
            return event
    raise Wrong(f"{point} is in none of {names}")


def check_flows(events: list[dict]) -> None:
    """Each job goes from its submission over the card to whoever was told its end."""
    flows = defaultdict(dict)
    for event in events:
        if event["ph"] in "stf":
            require(event["ph"] not in flows[event["id"]], f"{event} comes twice")
            flows[event["id"]][event["ph"]] = event
    for flow in flows.values():
        require(set(flow) == set("stf"), f"a flow has {set(flow)}")
        require(start(flow["s"]) <= start(flow["t"]) <= start(flow["f"]), f"order of {flow}")
        submit = span_around(events, flow["s"], ("driver: submit",))
        stage = span_around(events, flow["t"], ("copy", "run", "nop"))
        told = span_around(events, flow["f"], ("driver: wait", "driver: look"))
        require(submit["args"]["ticket"] >= stage["args"]["ticket"], f"tickets of {flow}")
        require(told["args"]["ticket"] >= stage["args"]["ticket"], f"tickets of {flow}")
    jobs = {event["id"] for event in of_phase(events, "b")}
    require(jobs == {event["id"] for event in of_phase(events, "e")}, "jobs do not end")
    require(jobs == set(flows), "jobs and flows are not the same")


def check_jobs(events: list[dict]) -> None:
    """The host's tickets are those of the card, and no stage is outside of its job."""
    host = host_process(events)
    spans = of_phase(events, "X")
    submitted = {e["args"]["ticket"] for e in spans if e["pid"] == host and e["name"] == "submit"}
    jobs = {(e["pid"], e["tid"], e["args"]["ticket"]): e for e in of_phase(events, "b")}
    ends = {e["id"]: start(e) for e in of_phase(events, "e")}
    require(submitted <= {ticket for _, _, ticket in jobs}, "a ticket is of no job")
    for stage in (e for e in spans if "command" in e["args"]):
        job = jobs[stage["pid"], stage["tid"], stage["args"]["ticket"]]
        require(start(job) <= start(stage) and end(stage) <= ends[job["id"]],
                f"{stage} is outside of {job}")


def check_cycles(events: list[dict]) -> None:
    for run in (e for e in of_phase(events, "X") if e["name"] == "run"):
        arguments = run["args"]
        require({"expected", "actual", "uncertainty_ns", "status"} <= set(arguments), run)
        if arguments["status"] == "ok" and arguments["expected"]:
            require(arguments["expected"] == arguments["actual"], f"cycles of {run}")


def load(file: Path, is_whole: bool = True) -> list[dict]:
    trace = json.loads(file.read_text("utf-8"))
    require(trace["whole"] is is_whole, "the trace is not as whole as it should be")
    require(trace["otherData"]["clock"] == "CLOCK_MONOTONIC", "another clock")
    return trace["traceEvents"]


def check(events: list[dict]) -> None:
    for each in (check_members, check_names, check_nesting, check_flows, check_jobs, check_cycles):
        each(events)


if __name__ == "__main__":
    check(load(Path(sys.argv[1])))
