"""History events by noun; here they are under one name each, wherever they are defined."""

from engine.events.base import *  # noqa: F403
from engine.events.calls import *  # noqa: F403
from engine.events.clients import *  # noqa: F403
from engine.events.company import *  # noqa: F403
from engine.events.deals import *  # noqa: F403
from engine.events.erasures import *  # noqa: F403
from engine.events.letters import *  # noqa: F403
from engine.events.maps import *  # noqa: F403
from engine.events.proofs import *  # noqa: F403
from engine.events.running import *  # noqa: F403
from engine.events.steps import *  # noqa: F403
