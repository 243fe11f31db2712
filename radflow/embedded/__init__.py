"""PostgreSQL and Valkey beside the program, for a machine that has neither.

Linux only: the children's death with their parent is `PR_SET_PDEATHSIG`. Needs
no Django, so that it can run before settings are read.
"""

from __future__ import annotations

from radflow.embedded.errors import ServicesError
from radflow.embedded.services import services, temporary_services

__all__ = ["ServicesError", "services", "temporary_services"]
