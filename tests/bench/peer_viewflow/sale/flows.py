"""The flow: as the bench's own sales map, with a discount typed in the first step and decisions in the approvals."""

from __future__ import annotations

from viewflow import jsonstore, this
from viewflow.workflow import flow, lock
from viewflow.workflow.flow import views
from viewflow.workflow.models import Process

DECISIONS = [("approved", "Approved"), ("returned", "Returned"), ("rejected", "Rejected")]
APPROVALS = ("legal", "finance", "logistics")


class SaleProcess(Process):
    discount = jsonstore.IntegerField(null=True)
    legal = jsonstore.CharField(max_length=20, choices=DECISIONS)
    finance = jsonstore.CharField(max_length=20, choices=DECISIONS)
    logistics = jsonstore.CharField(max_length=20, choices=DECISIONS)
    signed = jsonstore.BooleanField(default=False)

    class Meta:
        proxy = True
        app_label = "workflow"


def step(field: str, person: str) -> flow.View:
    return flow.View(views.UpdateProcessView.as_view(fields=[field])).Assign(username=person)


class SaleFlow(flow.Flow):
    process_class = SaleProcess
    lock_impl = lock.SelectForUpdateLock(nowait=False)

    start = flow.StartHandle().Next(this.prepare)
    prepare = step("discount", "olena").Next(this.split)
    split = flow.Split().Next(this.ask_legal).Next(this.ask_finance).Next(this.ask_logistics)
    ask_legal = step("legal", "iryna").Next(this.join)
    ask_finance = step("finance", "oksana").Next(this.join)
    ask_logistics = step("logistics", "petro").Next(this.join)
    join = flow.Join().Next(this.decide)
    decide = (
        flow.If(lambda activation: all(getattr(activation.process, name) == "approved" for name in APPROVALS))
        .Then(this.sign)
        .Else(this.prepare)
    )
    sign = step("signed", "olena").Next(this.end)
    end = flow.End()
