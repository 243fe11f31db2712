"""Is the process alive; is the installation ready to take work."""

from __future__ import annotations

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from redis import Redis
from redis.exceptions import RedisError

from radflow.accounts.access import public


@public
def livez(request: HttpRequest) -> JsonResponse:
    """The process answers; depends on nothing."""
    return JsonResponse({"status": "alive"})


@public
def readyz(request: HttpRequest) -> JsonResponse:
    """Ready while the database takes writes; a broker that is away only degrades."""
    checks = {"database": _database(), "broker": _broker()}
    ready = checks["database"] == "ok"
    status = "ready" if ready and checks["broker"] == "ok" else "degraded"
    body = {"status": status if ready else "not ready", "checks": checks}
    return JsonResponse(body, status=200 if ready else 503)


def _database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_is_in_recovery()")
            if cursor.fetchone()[0]:
                return "read-only"
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            return "migrations missing: run manage.py migrate"
    except DatabaseError:
        return "away"
    return "ok"


def _broker() -> str:
    try:
        Redis.from_url(settings.REDIS_URL, socket_timeout=2).ping()
    except (RedisError, OSError):
        return "away"
    return "ok"
