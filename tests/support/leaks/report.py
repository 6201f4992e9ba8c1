"""The tables of a run."""

import collections

from support.leaks.run import GONE, KEPT, LEAKED, REFUSED, UNTRIED, is_planted

ORDER = (GONE, KEPT, REFUSED, LEAKED)
CLASSES = {"own": "of the object's own patient and staff", "other": "of somebody else, with a word, layout or check digit that says so",
           "other, unsaid": "of somebody else, without one", "clean": "harmless"}


class Tally:
    """Counts of a run, and the leaks one by one."""

    def __init__(self):
        self.cells, self.rules, self.leaks = collections.Counter(), collections.Counter(), []
        self.belongs, self.objects = collections.Counter(), set()
        self.traces, self.said = set(), []
        self.strong, self.unseen, self.alarms = collections.Counter(), [], []

    def add(self, variant, verdicts):
        """Counts some verdicts."""
        for v in verdicts:
            self.objects.add((variant, v.object))
            self.traces.update(v.traces)
            if not is_planted(v):
                self.belongs[v.fate] += 1
                if v.fate == LEAKED:
                    self.leaks.append((variant, v))
                continue
            self.cells[v.own, v.kind, v.place, v.fate] += 1
            if v.strong:
                self.strong[v.fate] += 1
            if v.fate == GONE and len(self.unseen) < 1000:
                self.unseen.append((variant, v))
            if v.fate == KEPT and v.own == "clean":
                self.alarms.append((variant, v))
            if v.fate == KEPT:
                self.rules[v.own, v.rule] += 1
            if v.fate == LEAKED:
                self.leaks.append((variant, v))

    def planted(self):
        """How many plants have an outcome."""
        return sum(n for (*_, fate), n in self.cells.items() if fate != UNTRIED)

    def count(self, fate, own=None):
        """How many had this fate."""
        return sum(n for (whose, _, _, f), n in self.cells.items() if f == fate and own in (None, whose))

    def print(self):
        """All of it."""
        for own, title in CLASSES.items():
            if any(key[0] == own for key in self.cells):
                what = "harmless text: taken out + kept back !left as it was" if own == "clean" else f"identifiers {title}: gone by de-identification + kept back !LEAKED"
                print(f"\n{what}")
                self._table(own)
        print("\nkept back by rule: " + (", ".join(f"{rule} {n} ({own})" for (own, rule), n in self.rules.most_common()) or "nothing"))
        print("the identity where it belongs: " + ", ".join(f"{f} {n}" for f, n in self.belongs.items()))
        print(f"{len(self.objects)} objects, {self.planted()} plants: " + ", ".join(f"{f} {self.count(f)}" for f in (*ORDER, UNTRIED)).replace(LEAKED, "left" if self.count(LEAKED, "clean") else LEAKED))

    def _sum(self, own, kind, place, fate):
        found = ((o, k, p, f) for o, k, p, f in self.cells if o == own and f == fate and kind in (k, "all") and place in (p, "all"))
        return sum(self.cells[key] for key in found)

    @staticmethod
    def _cell(counts):
        gone, kept, refused, leaked = counts
        return f"{gone}+{kept + refused}" + (f"!{leaked}" if leaked else "") if any(counts) else "·"

    def _table(self, own):
        places = sorted({p for o, _, p, _ in self.cells if o == own})
        kinds = sorted({k for o, k, _, _ in self.cells if o == own})
        print("  places: " + "  ".join(f"{chr(65 + i)} {p}" for i, p in enumerate(places)))
        rows = [["kind", *(chr(65 + i) for i in range(len(places))), "all"]]
        for kind in [*kinds, "all"]:
            row = [kind]
            for place in [*places, "all"]:
                row.append(self._cell([self._sum(own, kind, place, label) for label in ORDER]))
            rows.append(row)
        widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
        for row in rows:
            print("  " + "  ".join(cell.ljust(w) if i == 0 else cell.rjust(w) for i, (cell, w) in enumerate(zip(row, widths))))

    def examples(self, most, seed, among=None):
        """The leaks (or others) by category, with one that can be run again."""
        groups = collections.defaultdict(list)
        for variant, v in self.leaks if among is None else among:
            groups[v.own, v.place, v.vr].append((variant, v))
        shown = sorted(groups.items(), key=lambda item: (list(CLASSES).index(item[0][0]), -len(item[1])))
        for (own, place, vr), found in shown[:most]:
            variant, v = found[0]
            kinds = collections.Counter(w.kind for _, w in found)
            print(f"  {len(found):4} × {own}: {place}, {vr}: " + ", ".join(f"{k} {n}" for k, n in kinds.most_common(9)))
            print(f"         {v.shown} at {v.path or '-'} in {v.template.rsplit('/', 1)[-1]}  [--seed {seed} --object {v.object} --variant {variant}]")
