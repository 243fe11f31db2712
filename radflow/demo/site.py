"""The demo's department: people, rooms, scanners, catalogue, interface partners."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Permission

from orders.hl7.patients import FROM_FACILITY
from orders.models import Procedure
from radflow.accounts.demo import DEMO_PASSWORD, PEOPLE
from radflow.accounts.models import User
from radflow.accounts.roles import Role
from radflow.demo.checklist import (
    CONTRAST,
    NEEDS_PROTOCOL,
    make_checklist,
    make_protocols,
)
from radflow.messaging.models import Peer
from radflow.messaging.models.peer import ANY
from radflow.sites.models import Site
from worklist.models import Room, Station

MAIN = "MAIN"  # made when the database is
# code, name, time zone; the zone of the main site is the server's
SITES = (
    (MAIN, "Northgate General", settings.TIME_ZONE),
    ("RIVER", "Riverside Clinic", settings.TIME_ZONE),
    ("HARBOR", "Harbor Clinic", "America/Los_Angeles"),
)
# Where a room is, unless it is at the main site.
ROOM_SITES = {"XR 2": "RIVER", "MR 2": "HARBOR"}

# room, location, station name, AE title, modality
ROOMS = (
    ("CT 1", "CTR1", "CT-ROOM-1", "CT1_AE", "CT"),
    ("CT 2", "CTR2", "CT-ROOM-2", "CT2_AE", "CT"),
    ("MR 1", "MRR1", "MR-ROOM-1", "MR1_AE", "MR"),
    ("MR 2", "MRR2", "MR-ROOM-2", "MR2_AE", "MR"),
    ("XR 1", "XRR1", "XR-ROOM-1", "XR1_AE", "DX"),
    ("XR 2", "XRR2", "XR-ROOM-2", "XR2_AE", "CR"),
    ("US 1", "USR1", "US-ROOM-1", "US1_AE", "US"),
)

# code, text, modality, body part, minutes
PROCEDURES = (
    ("CTPA", "CT pulmonary angiogram", "CT", "CHEST", 20),
    ("CTHEAD", "CT head without contrast", "CT", "HEAD", 15),
    ("CTABD", "CT abdomen and pelvis with contrast", "CT", "ABDOMEN", 25),
    ("CTCHEST", "CT chest without contrast", "CT", "CHEST", 15),
    ("CTHIP", "CT hip without contrast", "CT", "HIP", 15),
    ("MRBRAIN", "MR brain without and with contrast", "MR", "HEAD", 40),
    ("MRKNEE", "MR knee without contrast", "MR", "KNEE", 30),
    ("MRLSPINE", "MR lumbar spine without contrast", "MR", "LSPINE", 35),
    ("CXR2", "Chest radiograph 2 views", "DX", "CHEST", 10),
    ("XRWRIST", "Wrist radiograph 3 views", "DX", "WRIST", 10),
    ("XRPELVIS", "Pelvis and hip radiograph", "CR", "PELVIS", 10),
    ("USABD", "Ultrasound abdomen", "US", "ABDOMEN", 20),
    ("USTHYROID", "Ultrasound thyroid", "US", "NECK", 15),
)


def make_people() -> dict[str, User]:
    """The six demo users; their public password is set in demo mode only."""
    password = make_password(DEMO_PASSWORD)
    people = {}
    for person in PEOPLE:
        user, is_new = User.objects.update_or_create(
            username=person.username,
            defaults={
                "title": person.title,
                "first_name": person.first_name,
                "last_name": person.last_name,
                "role": person.role,
                "staff_id": person.staff_id,
                "is_staff": person.role == Role.ADMINISTRATOR,
                "password": password,
            },
        )
        if is_new and person.role == Role.TECHNOLOGIST:
            user.site = Site.objects.get(code=MAIN)
            user.save(update_fields=["site"])
        people[person.username] = user
    _grant_admin_pages(people["admin"])
    return people


def _grant_admin_pages(admin: User) -> None:
    """Which configuration pages the administrator finds under /admin/."""
    names = ["site", "room", "station", "procedure"]
    pages = Permission.objects.filter(content_type__model__in=names)
    pages = pages.exclude(codename__startswith="delete")
    people = Permission.objects.filter(content_type__model="user")
    admin.user_permissions.set((pages | people).distinct())


def make_sites() -> None:
    """The first was named by the settings, as long as nobody has renamed it."""
    Site.objects.filter(code=MAIN, name=settings.SITE_NAME).update(name=SITES[0][1])
    for position, (code, name, zone) in enumerate(SITES):
        values = {"name": name, "time_zone": zone, "position": position}
        Site.objects.get_or_create(code=code, defaults=values)


def make_department() -> None:
    """Rooms, scanners and the catalogue; repeated runs change nothing."""
    sites = {site.code: site for site in Site.objects.all()}
    for position, (name, location, station, ae_title, modality) in enumerate(ROOMS):
        site = sites[ROOM_SITES.get(name, MAIN)]
        room, _ = Room.objects.get_or_create(
            name=name,
            defaults={"site": site, "location": location, "position": position},
        )
        Station.objects.get_or_create(
            ae_title=ae_title,
            defaults={"room": room, "name": station, "modality": modality},
        )
    for code, text, modality, body_part, minutes in PROCEDURES:
        Procedure.objects.get_or_create(
            code=code,
            system="99RADFLOW",
            defaults={
                "text": text,
                "modality": modality,
                "body_part": body_part,
                "duration_minutes": minutes,
                "contrast": code in CONTRAST,
                "needs_protocol": code in NEEDS_PROTOCOL,
            },
        )
    make_checklist()
    make_protocols()


# name, MSH-3, MSH-4, whether it orders (and so hears what becomes of it)
PARTNERS = (
    ("Hospital EHR", "EHRX", "GENHOSP", True),
    ("Emergency", "EDX", "GENHOSP", True),
    ("Admissions", "ADTX", "GENHOSP", False),
    # Anybody is welcome in the demo, so that a newcomer's first message is taken.
    ("Any sender (demo)", ANY, ANY, True),
)


def make_peers() -> None:
    """The simulated hospital's systems; what they hear goes to the demo's receiver."""
    for name, application, facility, orders in PARTNERS:
        peer, _ = Peer.objects.get_or_create(
            name=name,
            defaults={
                "sending_application": application,
                "sending_facility": facility,
                "reply_style": "order_response" if orders else "ack",
                "processing_ids": "PTD",
                "default_authority": FROM_FACILITY,
                "time_zone": settings.TIME_ZONE,
                "books_appointments": True,
            },
        )
        if orders:
            # The receiver's address follows this start's ports.
            peer.host = settings.DEMO_RECEIVER_HOST
            peer.port = settings.DEMO_RECEIVER_PORT
            peer.save(update_fields=["host", "port"])
