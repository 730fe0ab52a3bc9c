"""Missions: a YAML file that says go here and do this, checked against a place, and run as a behaviour tree."""

from rudel.missions.battery import Battery
from rudel.missions.dryrun import DryRun, dry_run
from rudel.missions.executor import Executor, Outcome
from rudel.missions.mission import Mission, load, parse
from rudel.missions.ports import Handle, Look, LookHandle, Ports, Stand
from rudel.missions.problem import BadMission, Mark, Problem
from rudel.missions.program import Program, Task
from rudel.missions.progress import Progress
from rudel.missions.schema import json_schema
from rudel.missions.scope import lay_out, problems
from rudel.missions.site import Site, SitePoint, Way
from rudel.missions.zones import Zone, closed

__all__ = [
    "BadMission",
    "Battery",
    "DryRun",
    "Executor",
    "Handle",
    "Look",
    "LookHandle",
    "Mark",
    "Mission",
    "Outcome",
    "Ports",
    "Problem",
    "Program",
    "Progress",
    "Site",
    "SitePoint",
    "Stand",
    "Task",
    "Way",
    "Zone",
    "closed",
    "dry_run",
    "json_schema",
    "lay_out",
    "load",
    "parse",
    "problems",
]
