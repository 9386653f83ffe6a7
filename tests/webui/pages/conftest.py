from __future__ import annotations

import pytest
from flask import Flask
from support.office import Office
from support.web import shared_application


@pytest.fixture
def app(office: Office) -> Flask:
    return shared_application(office)
