#!/usr/bin/env python3
"""Takes the same real files through the gateway and through other de-identifiers, and counts what each keeps and leaks.

usage: against_peers.py CORPUS [--tokumei PATH] [--options A,B] [--per-series N] [--malformed] [--no-plant] [--markdown]

Into a copy of every file a made-up identity is planted first: the patient's name in three groups, numbers, address,
hospital, staff and station, in sequences, in private elements, in the words of descriptions (`--no-plant` leaves the
files as they are; many of them were de-identified by whoever published them). A judge that knows none of the tools
reads source and output: attributes kept, changed and removed (leaf elements, nested ones included); leaks, that is
identifiers of the source found anywhere in the output in any encoding, its UIDs, private elements that neither PS3.15 Table
E.3.10-1 nor the project's own list has, and dates as they were; and how much of what research needs is left, by groups of attributes
(support/judge.py names them; a date counts if it moved by the same interval as the others of its object).

A tool that is not installed is passed over and said so. `dicom-anonymizer`, `deid` and `dicognito` are on PyPI. Exit
status 1 if the gateway leaks anything.
"""

import argparse
import collections
import concurrent.futures
import csv
import multiprocessing
import os
import re
import shutil
import subprocess
import sys
import warnings

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from support import gateway  # noqa: E402

try:
    import pydicom

    from support import deidentifiers, judge, options, planted
    from support.journey import Journey
    from support.table import Table
except ImportError as missing:
    gateway.skip(f"python module {missing.name} is not installed")


def chosen(corpus, given):
    """Paths of the files that are taken: some of each series, and none that are broken on purpose unless asked for."""
    with open(os.path.join(corpus, "INDEX.csv"), encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    series, found = collections.Counter(), []
    for row in rows:
        if "malformed" in row["coverage_classes"] and not given.malformed:
            continue
        path = os.path.join(corpus, row["path"])
        try:
            uid = str(pydicom.dcmread(path, force=True, stop_before_pixels=True).get("SeriesInstanceUID", row["path"]))
        except Exception:
            uid = row["path"]
        series[uid] += 1
        if not given.per_series or series[uid] <= given.per_series:
            found.append(path)
    return found


def _plant(job):
    warnings.simplefilter("ignore")
    source, place, as_is = job
    try:
        if as_is:
            pydicom.dcmread(source)
            shutil.copyfile(source, place)
        else:
            planted.plant(source, place)
        return job
    except Exception:
        if os.path.exists(place):
            os.remove(place)
        return None


def _judge(job):
    warnings.simplefilter("ignore")
    try:
        return judge.judge(*job)
    except Exception as error:
        return type(error).__name__


class Result:
    """What became of all files under one tool."""

    def __init__(self, name, note):
        self.name, self.note, self.seconds = name, note, 0.0  # of CPU time: the tools run beside each other
        self.outputs, self.kept_back, self.failed, self.reasons = {}, 0, collections.Counter(), collections.Counter()


def _spent():
    """Seconds of CPU time of this process and of those that it waited for."""
    return sum(os.times()[:4])


def gateway_result(files, folder, given):
    """The gateway, each file by itself so that it is known what was made of which; timed over all at once."""
    own = os.path.join(folder, "tokumei")
    os.makedirs(own)
    journey = Journey(own, given.tokumei, given.options, given.config)
    said = "Basic Profile alone" if given.options == "" else f"options {given.options}" if given.options else "shipped options"
    result = Result("Tokumei", said)
    fates = journey.take_all([(path, str(n)) for n, path in enumerate(files)], os.path.join(own, "out"))
    for path, fate in fates.items():
        if fate.output:
            result.outputs[path] = fate.output
        elif any("status" in reason or "not " in reason or "without" in reason for reason in fate.reasons):
            result.failed["refused"] += 1
        else:
            result.kept_back += 1
            result.reasons.update(fate.reasons)
    began = _spent()
    whole = os.path.join(own, "whole")
    os.makedirs(whole)
    command = [journey.server.binary, "deidentify", os.path.dirname(files[0]), "--out", whole, "--config", journey.server.config]
    subprocess.run(command, env=journey.server.env, capture_output=True, check=False)
    result.seconds = _spent() - began
    shutil.rmtree(whole)
    return result


def _run(adapter, files, out, folder, answers):
    """One tool over all files, in a process of its own."""
    warnings.simplefilter("ignore")
    try:
        tool = deidentifiers.quietly(adapter, folder)
    except deidentifiers.Missing as error:
        answers.put(("missing", str(error)))
        return
    began, failed, done = _spent(), collections.Counter(), {}
    for number, path in enumerate(files):
        place = os.path.join(out, f"{number}.dcm")
        try:
            deidentifiers.quietly(tool.take, path, place)
            done[path] = place
        except BaseException as error:
            failed[type(error).__name__] += 1
            if os.path.exists(place):
                os.remove(place)
    if hasattr(tool, "close"):
        tool.close()
    answers.put(("done", (_spent() - began, failed, done)))


def peer_result(adapter, files, folder):
    """A peer over all files; None if it is not installed."""
    out = os.path.join(folder, re.sub(r"\W", "-", adapter.name))
    os.makedirs(out)
    context = multiprocessing.get_context("spawn")
    answers = context.Queue()
    process = context.Process(target=_run, args=(adapter, files, out, folder, answers))
    process.start()
    kind, answer = answers.get()
    process.join()
    if kind == "missing":
        print(f"passed over: {adapter.name}: {answer}")
        return None
    result = Result(adapter.name, adapter.note)
    result.seconds, result.failed, result.outputs = answer
    return result


def judged(result, before, safe, pool):
    """{path: Verdict} of one tool's outputs; what cannot be read is a failure of the tool."""
    jobs = [(path, output, before[path], safe) for path, output in result.outputs.items()]
    verdicts = {}
    for (path, *_), verdict in zip(jobs, pool.map(_judge, jobs, 8)):
        if isinstance(verdict, str):
            result.failed[f"unreadable output ({verdict})"] += 1
        else:
            verdicts[path] = verdict
    return verdicts


def show(results, total, given):
    """The tables."""
    table = Table(["tool", "out", "kept back", "failed", "CPU seconds", "kept", "changed", "removed", "pixels same"], given.markdown)
    leaks = Table(["tool", "objects that leak", *judge.KINDS], given.markdown)
    groups = [*judge.USEFUL, judge.WORDS]
    useful = Table(["still of use, %", *(result.name for result, _ in results)], given.markdown)
    common = set.intersection(*(set(verdicts) for _, verdicts in results))
    for result, verdicts in results:
        every = verdicts.values()
        counts = [sum(getattr(verdicts[p], what) for p in common) for what in ("kept", "changed", "removed", "pixels")]
        table.add(result.name, len(verdicts), result.kept_back, sum(result.failed.values()), f"{result.seconds:.1f}", *counts)
        kinds = [sum(v.leaks[kind] for v in every) for kind in judge.KINDS]
        leaks.add(result.name, sum(bool(+v.leaks) for v in every), *kinds)
    for group in groups:
        cells = []
        for _, verdicts in results:
            there, of = (sum(getattr(verdicts[p], what)[group] for p in common) for what in ("useful", "useful_of"))
            cells.append(f"{100 * there / of:.1f}" if of else "-")
        useful.add(group, *cells)
    print(f"{total} files\n")
    for result, _ in results:
        failures = ", ".join(f"{n} × {kind}" for kind, n in result.failed.most_common(4))
        print(f"{result.name}: {result.note}" + (f"; failed: {failures}" if failures else ""))
        reasons = ", ".join(f"{n} × {reason}" for reason, n in result.reasons.most_common(8))
        print(f"  kept back by (an object may have several reasons): {reasons}" if reasons else "", end="\n" if reasons else "")
    print(f"\nobjects; leaf elements and pixels of the {len(common)} that came out of every tool")
    table.show()
    print("leaked values, by kind")
    leaks.show()
    print(f"of what research needs, over the same {len(common)} objects")
    useful.show()


def main():
    """Runs every tool."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("corpus")
    arguments.add_argument("--tokumei")
    arguments.add_argument("--options", help="replaces the options of every route")
    arguments.add_argument("--config")
    arguments.add_argument("--tools", default="", help="only peers whose names contain one of these words")
    arguments.add_argument("--per-series", type=int, default=2, help="at most so many files of one series; 0 for all")
    arguments.add_argument("--malformed", action="store_true", help="files that are broken on purpose, too")
    arguments.add_argument("--no-plant", action="store_true")
    arguments.add_argument("--keep", help="folder for the run (emptied first)")
    arguments.add_argument("--leaks", action="store_true", help="print which file leaks which kind, for every tool")
    arguments.add_argument("--markdown", action="store_true")
    given = arguments.parse_args()
    warnings.simplefilter("ignore")
    folder = gateway.temporary("against-peers", given.keep)
    sources = os.path.join(folder, "sources")
    os.makedirs(sources)
    paths = chosen(given.corpus, given)
    jobs = [(path, os.path.join(sources, f"{n:05}.dcm"), given.no_plant) for n, path in enumerate(paths)]
    safe = set(options.safe_private(os.path.join(gateway.PROJECT, "config", "tables")))
    with multiprocessing.get_context("spawn").Pool(os.cpu_count()) as pool:
        done = [job for job in pool.imap(_plant, jobs, 8) if job]
        print(f"{len(paths)} files, {len(paths) - len(done)} of them cannot be read or written by pydicom and are left out", flush=True)
        before = {place: (place if given.no_plant else path) for path, place, _ in done}
        names = {place: os.path.relpath(path, given.corpus) for path, place, _ in done}
        files, results = list(before), []
        words = given.tools.lower().split(",")
        adapters = [a for a in deidentifiers.ALL if any(word in a.name.lower() for word in words)]
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as side_by_side:
            made = [side_by_side.submit(gateway_result, files, folder, given)]
            made[0].result()  # its own processes are the only ones then whose time counts as this one's
            made += [side_by_side.submit(peer_result, adapter, files, folder) for adapter in adapters]
            for result in (one.result() for one in made):
                if result is not None:
                    results.append((result, judged(result, before, safe, pool)))
                    print(f"{result.name}: {len(result.outputs)} out", flush=True)
    if given.leaks:
        for result, verdicts in results:
            for path, verdict in verdicts.items():
                for kind, count in (+verdict.leaks).items():
                    print(f"  {result.name}: {names[path]}: {count} × {kind}")
    show(results, len(files), given)
    checks = gateway.Checks()
    leaking = sum(bool(+v.leaks) for v in results[0][1].values())
    checks.that(leaking == 0 and results[0][1], f"of what leaves Tokumei, {leaking} objects leak")
    checks.exit()


if __name__ == "__main__":
    main()
