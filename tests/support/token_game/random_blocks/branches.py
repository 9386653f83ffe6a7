"""One block after another or beside another: gateways of every kind, arrows with conditions, decision tables."""

from __future__ import annotations

from support.token_game.maps import Chosen, Enough, Event, Kind, Says, Table, What
from support.token_game.random_blocks.pen import SIGNALS, Pen


class Branches(Pen):
    def _sequence(self, depth: int) -> tuple[str, str]:
        first = self.block(depth)
        return first[0], self.after(first[1], self.block(depth))

    def _split(self, kind: Kind, depth: int) -> tuple[str, str]:
        split = self.node(kind, kind)
        merge = self.node(kind, Kind.INCLUSIVE if kind is Kind.COMPLEX else kind)
        variables = tuple(f"{split}_way_{number}" for number in range(self.between(1, 2)))
        ask = self.asked(split, *variables)
        for variable in variables:
            branch = self.block(depth)
            self.flow(split, branch[0], Says(variable))
            self.flow(branch[1], merge)
        if self.perhaps(70):
            branch = self.block(depth)
            self.flow(split, branch[0], default=True)
            self.flow(branch[1], merge)
        elif self.perhaps(80) or len(variables) == 1:
            self.flow(split, merge, default=True)
        return ask, merge

    def _exclusive(self, depth: int) -> tuple[str, str]:
        return self._split(Kind.EXCLUSIVE, depth)

    def _inclusive(self, depth: int) -> tuple[str, str]:
        return self._split(Kind.INCLUSIVE, depth)

    def _chosen(self, depth: int) -> tuple[str, str]:
        """A decision without conditions: the step before it asks which way."""
        ask = self.node("step", Kind.STEP)
        split, merge = self.node("exclusive", Kind.EXCLUSIVE), self.node("exclusive", Kind.EXCLUSIVE)
        self.flow(ask, split)
        for _ in range(2):
            branch, way = self.block(depth), self.new("way")
            self.flow(split, branch[0], Chosen(ask, way), flow_id=way)
            self.flow(branch[1], merge)
        return ask, merge

    def _parallel(self, depth: int) -> tuple[str, str]:
        split, join = self.node("parallel", Kind.PARALLEL), self.node("parallel", Kind.PARALLEL)
        for _ in range(self.between(2, 3)):
            branch = self.block(depth)
            self.flow(split, branch[0])
            self.flow(branch[1], join)
        return split, join

    def _implicit_split(self, depth: int) -> tuple[str, str]:
        """Two arrows out of a step, and two into the next: every token goes its way."""
        step, next_step = self.node("step", Kind.STEP), self.node("step", Kind.STEP)
        for _ in range(2):
            branch = self.block(depth - 1)
            self.flow(step, branch[0])
            self.flow(branch[1], next_step)
        return step, next_step

    def _linked(self, depth: int) -> tuple[str, str]:
        first = self.block(depth)
        throw, catch = self.node("link", Kind.THROW, linked=True), self.node("link", Kind.CATCH, linked=True)
        self.flow(first[1], throw)
        self.flow(throw, catch)
        return first[0], catch

    def _ending(self, depth: int) -> tuple[str, str]:
        """A branch that ends at once, with a signal; the other goes on."""
        split = self.node("parallel", Kind.PARALLEL)
        thrown = Event(What.SIGNAL, self.one_of(SIGNALS))
        self.flow(split, self.node("end", Kind.END, event=thrown))
        return split, self.after(split, self.block(depth))

    def _conditional_flow(self, depth: int) -> tuple[str, str]:
        """Arrows with conditions straight out of a step: each decides for itself."""
        variables = (self.new("goes"), self.new("goes"))
        step, merge = self.node("step", Kind.STEP, answers=variables), self.node("exclusive", Kind.EXCLUSIVE)
        for variable in variables:
            branch = self.block(depth - 1)
            self.flow(step, branch[0], Says(variable))
            self.flow(branch[1], merge)
        self.flow(step, merge, default=True)
        return step, merge

    def _enough(self, depth: int) -> tuple[str, str]:
        """A complex join goes on when enough have come, or when somebody said so; the others come to an end there."""
        kind = Kind.INCLUSIVE if self.perhaps(40) else Kind.PARALLEL
        ways = self.between(2, 3)
        split = self.node(kind, kind)
        soon = self.new("soon") if self.perhaps(40) else ""
        asked = tuple(f"{split}_way_{number}" for number in range(ways - 1)) if kind is Kind.INCLUSIVE else ()
        ask = self.asked(split, *asked, *([soon] if soon else []))
        fewest = 1 if kind is Kind.INCLUSIVE else self.between(1, ways)
        join = self.node("complex", Kind.COMPLEX, enough=Enough(fewest, soon))
        for number in range(ways):
            branch = self.block(depth)
            default = kind is Kind.INCLUSIVE and number == ways - 1
            self.flow(split, branch[0], Says(asked[number]) if asked and not default else None, default=default)
            leave = branch[1]
            if soon and self.perhaps(30):
                leave = self.after(leave, self._answering(soon))
            self.flow(leave, join)
        return ask, join

    def _answering(self, variable: str) -> tuple[str, str]:
        step = self.node("step", Kind.STEP, answers=(variable,))
        return step, step

    def _complex_split(self, depth: int) -> tuple[str, str]:
        return self._split(Kind.COMPLEX, depth)

    def _ruled(self, depth: int) -> tuple[str, str]:
        """A decision table gives what a gateway or a conditional event reads."""
        inputs = (self.flag(), self.new("fact"))[: self.between(1, 2)]
        leads_on = self.perhaps()
        output = self.new("said") if leads_on else self.flag()
        cells = (True, False, None)
        rules = tuple((*(self.one_of(cells) for _ in inputs), self.perhaps()) for _ in range(self.between(1, 3)))
        table = Table(inputs, output, rules, self.one_of(("FIRST", "ANY", "UNIQUE")), self.one_of((True, False, None)))
        ask = self.node("step", Kind.STEP, answers=inputs)
        rule = self.after(ask, self._deciding(table))
        if not leads_on:
            return ask, rule
        decide, leave = self.node("exclusive", Kind.EXCLUSIVE), self.node("exclusive", Kind.EXCLUSIVE)
        self.flow(rule, decide)
        branch = self.block(depth)
        self.flow(decide, branch[0], Says(output))
        self.flow(branch[1], leave)
        self.flow(decide, leave, default=True)
        return ask, leave

    def _deciding(self, table: Table) -> tuple[str, str]:
        rule = self.node("rule", Kind.RULE, table=table)
        return rule, rule
