from __future__ import annotations

from django.conf import settings
from django.db import models

from orders.models import Order
from worklist.models.room import Room


class Grasp(models.Model):
    """That somebody is moving an exam right now, and to where; gone after seconds.

    It warns the others and locks nothing: two who grasp one exam are told apart by
    their versions, two who want one time by the exclusion of appointments.
    """

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+"
    )
    window = models.CharField(max_length=36, help_text="Which of their windows.")
    room = models.ForeignKey(
        Room, null=True, on_delete=models.CASCADE, related_name="+"
    )
    start = models.DateTimeField(null=True, help_text="Where it would begin.")
    minutes = models.PositiveSmallIntegerField(default=0)
    until = models.DateTimeField(db_index=True)

    class Meta:
        db_table = "worklist_grasp"
        constraints = [
            models.UniqueConstraint(fields=["window"], name="window_grasps_once")
        ]

    def __str__(self) -> str:
        return f"order {self.order_id} grasped until {self.until}"
