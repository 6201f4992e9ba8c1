"""Sends the objects of a run through a gateway in waves and finds out what became of each plant.

An object that is kept back says nothing about the plants that were not the reason. So it is sent again without those that
were, until it leaves, or each of the rest has been a reason of its own; where a reason names no place, each plant goes alone.
"""

import collections
import json
import multiprocessing
import os
import re
import shutil
import threading
import zlib

from support import dimse
from support.leaks import judge, object as objects, tree
from support.leaks.object import BELONGS, FIRST_MARK
from support.leaks.places import NUMBERS

MARKED = re.compile(rb"(?:\x20\x00\x13\x00(?:IS\x0a\x00|\x0a\x00\x00\x00)|\x00\x20\x00\x13IS\x00\x0a)(19\d{8})")
# How often an object is sent again before its plants go one by one.
ROUNDS = 6
GONE, KEPT, REFUSED, LEAKED, UNTRIED = "gone", "kept back", "refused", "LEAKED", "not tried"


class Verdict:
    """What became of one plant."""

    __slots__ = ("fate", "kind", "number", "object", "own", "path", "place", "rule", "shown", "strong", "template", "traces", "vr")

    def __init__(self, made, plant, fate, rule="", shown=""):
        self.object, self.number, self.template = made.number, plant.number, made.template.name
        self.kind, self.place, self.own, self.path, self.strong = plant.spelling.kind, plant.place, plant.own, plant.path, plant.spelling.strong
        self.fate, self.rule, self.vr = fate, rule, plant.vr
        # A number among numbers says nothing of whose it is.
        if self.own == "other" and plant.vr in NUMBERS and plant.spelling.text.replace("-", "").isdigit():
            self.own, self.strong = "other, unsaid", False
        # Of the first plants of an object, for the search through what the gateway says of itself.
        self.traces = plant.spelling.traces if plant.number in (-4, 0, 1) and made.number % 7 == 0 else ()
        self.shown = shown or f"{plant.spelling.text!r} {fate} {rule}"


class Job:
    """An object to be sent: which plants are left out, which time it is, and the one plant that goes alone."""

    __slots__ = ("mark", "number", "times", "without")

    def __init__(self, number, without=frozenset(), times=0):
        self.number, self.without, self.times, self.mark = number, without, times, 0


class Archive:
    """Keeps the bytes of every object, by its mark."""

    def __init__(self):
        self.lock, self.objects, self.strangers = threading.Lock(), {}, 0
        self.scp = dimse.Scp(self._sink)
        self.port = self.scp.port

    def _sink(self, _, instance, syntax):
        archive, parts = self, []

        class Sink:
            """One object on its way in."""

            @staticmethod
            def write(data):
                """The next bytes."""
                parts.append(bytes(data))

            @staticmethod
            def done():
                """The end of it."""
                archive.keep(b"".join(parts), instance, syntax)
                return 0

        return Sink

    def keep(self, data, instance, syntax):
        """Stores an object under its mark."""
        plain = data
        if syntax == tree.DEFLATED:
            try:
                plain = zlib.decompress(data, -15)
            except zlib.error:
                plain = b""
        found = MARKED.search(plain)
        with self.lock:
            if found:
                self.objects[int(found.group(1))] = (data, instance, syntax)
            else:
                self.strangers += 1

    def take(self):
        """Everything that came since the last time."""
        with self.lock:
            found, self.objects = self.objects, {}
        return found


def attribute(made, reasons):
    """{plant number: rule} of the plants that the reasons are about."""
    places = collections.defaultdict(list)
    for plant in made.plants:
        if plant.path:
            places[plant.path].append(plant)
            places[re.sub(r"\[\d+\]", "", plant.path)].append(plant)
    found = {}
    for rule, path in reasons:
        exact = places.get(path) or places.get(re.sub(r"\[\d+\]", "", path))
        if not exact and path:
            # What stands inside of a place, or is about the whole of it.
            exact = [p for p in made.plants if p.path.startswith(path + "[") or path.startswith(p.path + "[")]
        for plant in exact or ():
            found.setdefault(plant.number, rule)
    return found


def outcomes(made, job, fate, what, baseline, direct=False):
    """([Verdict], [jobs to come]) of one object. `what`: the bytes that left, the reasons that kept it, or the status."""
    planted = [p for p in made.plants if p.number >= 0]
    if fate == "left":
        data, instance, syntax = what
        sight, verdicts, seen = judge.Sight(data, syntax, instance.encode()), [], []
        for plant in made.plants:
            trace = judge.leaked(sight, plant)
            # What the template says by itself was not planted.
            if trace is not None and baseline is not None and judge.leaked(baseline, plant) is not None:
                verdicts.append(Verdict(made, plant, UNTRIED, "stands in the template"))
            elif trace is not None:
                seen.append((plant, f"{plant.spelling.text!r} seen as {trace!r}"))
            else:
                verdicts.append(Verdict(made, plant, GONE))
        return _seen(made, job, planted, seen, verdicts, direct)
    if fate == "refused":
        return _one_by_one(made, job, planted, lambda p: Verdict(made, p, REFUSED, what))
    caught = {n: r for n, r in attribute(made, what).items() if n >= 0}
    rest = [p for p in planted if p.number not in caught]
    verdicts = [Verdict(made, p, KEPT, caught[p.number]) for p in planted if p.number in caught]
    if not rest:
        return verdicts + _own(made, what), []
    if caught and job.times < ROUNDS:
        return verdicts, [Job(job.number, job.without | frozenset(caught), job.times + 1)]
    rule = what[0][0] if what else "?"
    more, jobs = _one_by_one(made, job, rest, lambda p: Verdict(made, p, KEPT, rule), caught)
    return verdicts + more, jobs


def _seen(made, job, planted, seen, verdicts, direct):
    """Of plants that say the same at several places each goes alone once more: only one of them may have leaked."""
    leaked = [(p, shown) for p, shown in seen if p.number >= 0]
    if len(planted) > 1 and not direct:
        every = frozenset(p.number for p in planted)
        own = [Verdict(made, p, LEAKED, shown=shown) for p, shown in seen if not leaked]
        return verdicts + own, [Job(job.number, job.without | (every - {p.number}), ROUNDS) for p, _ in leaked]
    # What a plant gives away is not the fault of the place where it belongs.
    return verdicts + [Verdict(made, p, LEAKED, shown=shown) for p, shown in (seen if direct else leaked or seen)], []


def _own(made, reasons):
    rule = reasons[0][0] if reasons else "?"
    return [Verdict(made, p, KEPT, rule) for p in made.plants if p.number < 0]


def _one_by_one(made, job, rest, verdict, caught=()):
    """Each plant by itself; a single one is what it was about."""
    if len(rest) <= 1:
        return [verdict(p) for p in rest], []
    # A wide split first would be quicker where one plant hides many; objects are cheap.
    every = frozenset(p.number for p in rest)
    return [], [Job(job.number, job.without | frozenset(caught) | (every - {n}), ROUNDS) for n in sorted(every)]


class Worker:
    """A process that makes, sends and judges."""

    def __init__(self, plan, port, direct):
        self.plan, self.port, self.direct = plan, port, direct
        self.ours, theirs = multiprocessing.Pipe()
        self.process = multiprocessing.Process(target=self._work, args=(theirs,), daemon=True)
        self.process.start()

    def ask(self, *request):
        """Hands over a request."""
        self.ours.send(request)

    def answer(self):
        """What came of it."""
        found = self.ours.recv()
        if isinstance(found, BaseException):
            raise found
        return found

    def stop(self):
        """Ends the process."""
        self.ours.send(None)
        self.process.join(10)

    def _work(self, pipe):
        self.made, self.baselines = {}, {}
        while (request := pipe.recv()) is not None:
            try:
                pipe.send(getattr(self, "_" + request[0])(*request[1:]))
            except Exception as error:  # the parent raises it
                import traceback

                pipe.send(RuntimeError("".join(traceback.format_exception(error))))

    def _make(self, job, file=False):
        bare = self.plan.pool[-job.number - 1] if job.number < 0 else None
        made = objects.make(self.plan, job.number, file, bare)
        if made is not None:
            self.made[job.mark] = made
        return made

    def _send(self, jobs, calling, extra_file=None):
        """[(mark, status)] in the order of sending. One association; another where the first is lost or contexts run out."""
        answers, ready = [], []
        for job in jobs:
            made = self._make(job)
            if made is None:
                answers.append((job.mark, "unusable"))
            else:
                ready.append((job, made, *made.encoded(job.mark, job.without)))
        while ready:
            contexts = []
            for _, made, _, _ in ready:
                wanted = (made.sop_class, [made.template.syntax])
                if wanted not in contexts and len(contexts) < 127:
                    contexts.append(wanted)
            scu = dimse.Scu("127.0.0.1", self.port, contexts, calling=calling)
            late = []
            while ready:
                job, made, instance, body = ready.pop(0)
                if (made.sop_class, [made.template.syntax]) not in contexts:
                    late.append((job, made, instance, body))
                    continue
                if (made.sop_class, made.template.syntax) not in scu.accepted:
                    answers.append((job.mark, "no context"))
                    continue
                try:
                    status = scu.store(made.sop_class, instance, made.template.syntax, [body])
                    answers.append((job.mark, f"{status:04X}"))
                except dimse.Lost:
                    answers.append((job.mark, "lost"))
                    break
            scu.release()
            ready = late + ready
        return answers

    def _files(self, jobs, folder):
        os.makedirs(folder, exist_ok=True)
        written = []
        for job in jobs:
            made = self._make(job, True)
            if made is not None:
                _, body = made.encoded(job.mark, job.without)
                with open(os.path.join(folder, f"{job.mark}.dcm"), "wb") as file:
                    file.write(made.part10(body))
                written.append(job.mark)
        return written

    def _baseline(self, found):
        """Takes the clean outputs of the templates: {template: (bytes, instance, syntax)}."""
        self.plan.usable = set(found)
        self.baselines = {name: judge.Sight(data, syntax) for name, (data, _, syntax) in found.items()}

    def _judge(self, fates):
        """([Verdict], [Job]) of {mark: (job, fate, what)}."""
        verdicts, jobs = [], []
        for mark, (job, fate, what) in fates.items():
            made = self.made.pop(mark)
            found, more = outcomes(made, job, fate, what, self.baselines.get(made.template.name), self.direct or self.plan.clean)
            verdicts += found
            jobs += more
        self.made.clear()
        return verdicts, jobs


class Run:
    """A gateway, an archive behind it, and workers in front of it."""

    def __init__(self, plan, server, archive, workers=2, direct=False):
        self.plan, self.server, self.archive, self.direct = plan, server, archive, direct
        port = archive.port if direct else server.port
        self.workers = [Worker(plan, port, direct) for _ in range(workers)]
        self.marks, self.associations, self.faults = FIRST_MARK, 0, []
        self.refused, self.kept_templates, self.usable = collections.Counter(), collections.Counter(), set()

    def said(self, traces):
        """Which of the traces stand in what the gateway says and keeps in the clear: log, index, reports, file names."""
        texts = [self.server.command(*words, "--json").stdout.encode() for words in (("status",), ("quarantine", "list", "--limit", "100000"))]
        for base, folders, names in os.walk(self.server.folder):
            if base.startswith(os.path.join(self.server.folder, "files")):
                continue
            texts.append("\n".join((*folders, *names)).encode())
            for name in names:
                with open(os.path.join(base, name), "rb") as file:
                    data = file.read()
                if not data.startswith(b"age-encryption.org"):
                    texts.append(data)
        whole = judge.Sight(b"\n".join(texts))
        # What the gateway writes is UTF-8.
        return [t for t in traces if len(t.encode()) >= 6 and whole.finds(t.lower().encode(), False)]

    def close(self):
        """Ends the workers."""
        for worker in self.workers:
            worker.stop()

    def templates(self):
        """Sends every template without a plant: those that leave are of use; what they then say is no leak."""
        clean, names = {}, list(enumerate(self.plan.pool))
        for start in range(0, len(names), 600):
            jobs = [Job(-index - 1) for index, _ in names[start : start + 600]]
            for job, fate, what, _ in self._through(jobs):
                name = self.plan.pool[-job.number - 1]
                if fate == "left":
                    clean[name] = what
                elif fate == "kept":
                    self.kept_templates.update({(name, what[0][0] if what else "?")})
        self.usable = set(clean)
        for worker in self.workers:
            worker.ask("baseline", clean)
            worker.answer()
        return clean

    def _through(self, jobs):
        """[(job, fate, what, worker)] of objects sent and, where they left, received."""
        byte = {}
        share = [jobs[i :: len(self.workers)] for i in range(len(self.workers))]
        asked = {}
        for worker, part in zip(self.workers, share):
            for job in part:
                self.marks += 1
                job.mark = self.marks
                byte[job.mark] = (job, worker)
            self.associations += 1
            asked[worker] = f"LEAK{self.associations:010}"
            worker.ask("send", part, asked[worker])
        sent = {worker: worker.answer() for worker in self.workers}
        if not self.direct:
            status = self.server.drained()
            if status["waiting"]:
                raise SystemExit("the gateway does not get rid of its queue")
        left = self.archive.take()
        if self.archive.strangers:
            raise SystemExit(f"{self.archive.strangers} objects came without their mark")
        kept = self._kept(set(asked.values()), len(jobs)) if not self.direct else {}
        found = []
        for worker, answers in sent.items():
            reasons = kept.get(asked[worker], [])
            behind = [m for m, status in answers if status == "0000" and m not in left]
            if len(behind) != len(reasons):
                raise SystemExit(f"{len(behind)} objects did not leave, and {len(reasons)} were kept back")
            why = dict(zip(behind, reasons))
            for mark, status in answers:
                job = byte[mark][0]
                if mark in left:
                    found.append((job, "left", left[mark], worker))
                elif mark in why:
                    found.append((job, "kept", why[mark], worker))
                else:
                    self.refused[status] += 1
                    found.append((job, status if status == "unusable" else "refused", status, worker))
        return found

    def _kept(self, titles, most):
        """{calling AE title: [reasons]} of the newest kept objects, in the order of their arrival."""
        said = self.server.command("quarantine", "list", "--json", "--limit", str(2 * most + 10))
        rows = json.loads(said.stdout)
        found = collections.defaultdict(list)
        for row in sorted(rows, key=lambda r: r["id"]):
            if row["origin"]["calling_ae"] in titles:
                found[row["origin"]["calling_ae"]].append([(_named(r["rule"], r["kind"]), r["path"]) for r in row["reasons"]])
        return found

    def wave(self, jobs):
        """([Verdict], [Job]) of some objects."""
        return self._judged(self._through(jobs))

    def _judged(self, found):
        fates = {worker: {} for worker in self.workers}
        for job, fate, what, worker in found:
            if fate != "unusable":
                fates[worker][job.mark] = (job, fate, what)
        verdicts, more = [], []
        for worker, part in fates.items():
            worker.ask("judge", part)
        for worker in self.workers:
            one, jobs = worker.answer()
            verdicts += one
            more += jobs
        return verdicts, more

    def files(self, jobs, folder):
        """The same by `tokumei deidentify`, with plants in the file meta information."""
        shutil.rmtree(folder, ignore_errors=True)
        originals, out, of = os.path.join(folder, "in"), os.path.join(folder, "out"), {}
        for number, worker in enumerate(self.workers):
            part = jobs[number :: len(self.workers)]
            for job in part:
                self.marks += 1
                job.mark = self.marks
            worker.ask("files", part, originals)
            for job in part:
                of[job.mark] = (job, worker)
        written = {mark for worker in self.workers for mark in worker.answer()}
        said = json.loads(self.server.command("deidentify", "--json", "--out", out, originals).stdout)
        found = []
        for name in os.listdir(out):
            with open(os.path.join(out, name), "rb") as file:
                data = file.read()
            self.archive.keep(data, name, "")
        left = self.archive.take()
        for mark, what in left.items():
            found.append((of[mark][0], "left", what, of[mark][1]))
        for line in said["kept_back"]:
            mark = int(os.path.basename(line["file"]).split(".")[0])
            why = [re.fullmatch(r"(\S+)(?: ((?:\([0-9A-F]{4},[0-9A-F]{4}\)(?:\[\d+\])?)+))?(.*)", w) for w in line["why"]]
            found.append((of[mark][0], "kept", [(_named(m.group(1), m.group(3)), m.group(2) or "") for m in why], of[mark][1]))
        for line in said["refused"]:
            mark = int(os.path.basename(line["file"]).split(".")[0])
            found.append((of[mark][0], "refused", "not taken", of[mark][1]))
        if len(found) != len(written):
            raise SystemExit(f"{len(written)} files, and something became of {len(found)}")
        return self._judged(found)


def _named(rule, kind):
    """A rule by its id; of a rule that could not be applied also why."""
    return f"{rule} ({kind.strip()})" if rule.startswith("RULE_") else rule


def is_planted(verdict):
    """Whether a verdict is about a plant, not about the identity where it belongs."""
    return verdict.place != BELONGS
