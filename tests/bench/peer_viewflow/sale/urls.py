"""Where the site answers."""

from __future__ import annotations

from django.urls import path
from viewflow.contrib.auth import AuthViewset
from viewflow.urls import Site
from viewflow.workflow.flow import FlowViewset

from sale.flows import SaleFlow

urlpatterns = [
    path("", Site(viewsets=[FlowViewset(SaleFlow, icon="sale"), AuthViewset()]).urls),
]
