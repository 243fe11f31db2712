"""Every page, as who opens it: for the pictures, axe, widths and motion."""

from __future__ import annotations

from dataclasses import dataclass

from radflow.design import PARTS
from tests.tour import acts
from tests.tour.acts import Act, at_scanner, click, keys


@dataclass(frozen=True)
class Stop:
    """`path` holds the finder's keys; `act` is done after the page has loaded."""

    name: str
    user: str
    path: str
    act: Act | None = None
    is_refusal: bool = False


def _anybody() -> list[Stop]:
    return [
        Stop("login", "", "/accounts/login/"),
        Stop("login-refused", "", "/accounts/login/", acts.refused_login, True),
        Stop("error-500", "", "/accounts/login/", acts.failing(away=False), True),
        Stop("error-503", "", "/accounts/login/", acts.failing(away=True), True),
    ]


def _technologist() -> list[Stop]:
    gate = "/station/gate/{arrived}/"
    return [
        Stop("station-choice", "tech", "/station/"),
        Stop("station", "tech", "/station/", at_scanner("US 1")),
        Stop("station-running", "tech", "/station/", at_scanner("CT 1")),
        Stop("station-changed", "tech", "/station/", at_scanner("CT 2")),
        Stop("station-tomorrow-empty", "tech", "/station/?day=tomorrow"),
        Stop("gate-waiting", "tech", gate),
        Stop("gate-typed", "tech", f"{gate}?typed"),
        Stop("gate-mismatch", "tech", gate, acts.checked("wrong")),
        Stop("gate-match", "tech", gate, acts.checked("right")),
        Stop("gate-safety", "tech", "/station/gate/{mr}/", acts.questioned),
        Stop("gate-ready", "tech", gate, acts.spoken),
        Stop("safety", "tech", "/station/{mr}/safety/"),
        Stop("exam-end", "tech", "/station/{running}/end/"),
        Stop("exam-record", "tech", "/station/{unread}/record/"),
        Stop("gate-not-now", "tech", "/station/gate/{final}/"),
        Stop("discontinue", "tech", "/station/{running}/discontinue/"),
        Stop("error-403", "tech", "/messages/", is_refusal=True),
    ]


def _radiologist() -> list[Stop]:
    editor = "/reading/{unread}/"
    return [
        Stop("protocolling", "rad", "/protocolling/"),
        Stop("protocolling-no-hits", "rad", "/protocolling/?modality=XX&day=tomorrow"),
        Stop("protocol", "rad", "/protocolling/{mr}/"),
        Stop("reading", "rad", "/reading/"),
        Stop("report-written", "rad", editor, acts.written),
        Stop("report-sign", "rad", editor, acts.reviewed),
        Stop("report-preliminary", "rad", "/reading/{preliminary}/"),
        Stop("report-final", "rad", "/reading/{final}/"),
        Stop("report-critical", "rad", "/reading/{flagged}/"),
        Stop("paper-report-final", "rad", "/reading/{final}/paper/"),
        Stop("paper-report-preliminary", "rad", "/reading/{preliminary}/paper/"),
        Stop("critical-radiologist", "rad", "/critical/"),
    ]


def _coordinator() -> list[Stop]:
    cancel = "/orders/{ordered}/act/cancel/"
    return [
        *_board(),
        *_schedule(),
        Stop("order", "coord", "/orders/{flagged}/"),
        Stop("order-waiting", "coord", "/orders/{ordered}/"),
        Stop("order-cancelled", "coord", "/orders/{cancelled}/"),
        Stop("order-cancel", "coord", cancel),
        Stop("order-cancel-empty", "coord", cancel, acts.sent_empty, True),
        Stop("order-cancel-conflict", "coord", cancel, acts.overtaken, True),
        Stop("order-new", "coord", "/orders/new/{patient}/"),
        Stop("paper-requisition", "coord", "/orders/{scheduled}/requisition/"),
        Stop("held-changes", "coord", "/orders/held/"),
        Stop("held-change", "coord", "/orders/held/{held}/"),
        Stop("identity-conflict", "coord", "/orders/conflicts/{conflict}/"),
        Stop("reconciliation", "coord", "/reconciliation/"),
        Stop("reconciliation-empty", "coord", "/reconciliation/?kind=unseen"),
        Stop("images-without-order", "coord", "/unlinked/{unlinked}/"),
        Stop("appointment-without-order", "coord", "/appointments/{appointment}/"),
        *_patients(),
        *_catalogue(),
        *_slots(),
        *_rooms(),
        Stop("error-404", "coord", "/orders/999999999/", is_refusal=True),
    ]


def _schedule() -> list[Stop]:
    block = ".ev[data-movable] > a"
    return [
        Stop("rooms-board", "coord", "/schedule/"),
        Stop("rooms-board-week", "coord", "/schedule/?view=week"),
        Stop("rooms-board-all-hours", "coord", "/schedule/?hours=all"),
        Stop(
            "rooms-board-form", "coord", "/schedule/", click(block, sees="#task form")
        ),
        Stop("rooms-board-moving", "coord", "/schedule/", acts.moving),
    ]


def _board() -> list[Stop]:
    return [
        Stop("board", "coord", "/board/"),
        Stop("board-no-hits", "coord", "/board/?q=nobody"),
        Stop("board-keyboard", "coord", "/board/", keys("?", sees="#keymap")),
        Stop("board-locked", "coord", "/board/", acts.locked),
        Stop(
            "board-menu",
            "coord",
            "/board/",
            click(".usermenu", sees="#user-pop"),
        ),
        Stop("board-palette", "coord", "/board/", keys("Control+k", sees="#palette")),
        Stop("board-palette-found", "coord", "/board/", acts.palette_found),
        Stop("search", "coord", "/board/", acts.searched),
        Stop("search-empty", "coord", "/search/"),
        Stop(
            "board-schedule",
            "coord",
            "/board/",
            click("a.slot[data-opens=task]", sees="#task form"),
        ),
        Stop("schedule", "coord", "/board/{ordered}/schedule/"),
        Stop("schedule-move", "coord", "/board/{scheduled}/schedule/"),
    ]


def _slots() -> list[Stop]:
    return [
        Stop("slot-free-times", "coord", "/board/{ordered}/free/"),
        Stop("slot-give-up", "coord", "/board/{scheduled}/give-up/"),
        Stop("slot-swap", "coord", "/board/{scheduled}/swap/"),
        Stop("slot-insert", "coord", "/board/{ordered}/insert/"),
        Stop("slot-wait", "coord", "/board/{scheduled}/wait/"),
        Stop("slot-series", "coord", "/board/series/{patient}/"),
        Stop("wait-list", "coord", "/board/waiting/"),
    ]


def _rooms() -> list[Stop]:
    return [
        Stop("rooms", "coord", "/rooms/"),
        Stop("room", "coord", "/rooms/{room}/"),
        Stop("room-new", "coord", "/rooms/new/"),
        Stop("paper-room-day", "coord", "/rooms/{room}/day/"),
    ]


def _patients() -> list[Stop]:
    return [
        Stop("patients", "coord", "/patients/"),
        Stop("patients-found", "coord", "/patients/", acts.find_people),
        Stop("patients-nobody", "coord", "/patients/", acts.find_nobody),
        Stop("patient", "coord", "/patients/{patient}/"),
        Stop("paper-wristband", "coord", "/patients/{patient}/wristband/"),
        Stop("duplicates", "coord", "/patients/duplicates/"),
        Stop("duplicate", "coord", "/patients/duplicates/{duplicate}/"),
        Stop("merges", "coord", "/patients/merges/"),
        Stop("merge-undo", "coord", "/patients/merges/{merge}/undo/"),
    ]


def _catalogue() -> list[Stop]:
    return [
        Stop("catalogue", "coord", "/catalogue/"),
        Stop("catalogue-no-hits", "coord", "/catalogue/?q=nothing"),
        Stop("catalogue-new", "coord", "/catalogue/new/"),
        Stop("catalogue-procedure", "coord", "/catalogue/{procedure}/"),
        Stop("catalogue-import", "coord", "/catalogue/import/"),
        Stop(
            "catalogue-import-tried", "coord", "/catalogue/import/", acts.tried_import
        ),
        Stop("catalogue-sequence", "coord", "/catalogue/sequence/"),
        Stop("catalogue-safety", "coord", "/catalogue/safety/"),
        Stop("catalogue-question-new", "coord", "/catalogue/safety/new/"),
        Stop("catalogue-question", "coord", "/catalogue/safety/{question}/"),
        Stop("catalogue-protocols", "coord", "/catalogue/{procedure}/protocols/"),
        Stop("catalogue-unmapped", "coord", "/catalogue/unmapped/"),
        Stop("catalogue-map", "coord", "/catalogue/unmapped/map/?{unmapped}"),
    ]


def _referrer() -> list[Stop]:
    return [
        Stop("my-patients", "referrer", "/my-patients/"),
        Stop("my-patients-pending", "referrer", "/my-patients/?view=pending"),
        Stop("critical", "referrer", "/critical/"),
        Stop("critical-acknowledge", "referrer", "/critical/{case}/acknowledge/"),
        Stop(
            "critical-acknowledge-empty",
            "referrer",
            "/critical/{case}/acknowledge/",
            acts.sent_empty,
            True,
        ),
        Stop("report-referrer", "referrer", "/reading/{final}/"),
        Stop("order-referrer", "referrer", "/orders/{final}/"),
    ]


def _interface_admin() -> list[Stop]:
    tabs = ("raw", "mapped", "ack", "history", "conformance", "difference")
    parked = "/messages/in/{parked}/"
    return [
        Stop("messages", "pacs", "/messages/"),
        Stop("messages-no-hits", "pacs", "/messages/?find=nothing"),
        Stop("messages-chosen", "pacs", "/messages/?show=in-{parked}"),
        Stop("message", "pacs", parked),
        *(Stop(f"message-{tab}", "pacs", f"{parked}?tab={tab}") for tab in tabs),
        Stop("message-sent", "pacs", "/messages/out/{outbound}/"),
        Stop("message-replay", "pacs", f"{parked}dry-run/"),
        Stop("message-edit-masked", "pacs", f"{parked}edit/"),
        Stop(
            "message-edit",
            "pacs",
            f"{parked}edit/",
            click("[value=message]", sees="textarea"),
        ),
        Stop("exceptions", "pacs", "/messages/exceptions/"),
        Stop("exceptions-no-hits", "pacs", "/messages/exceptions/?code=NONE"),
        Stop("exceptions-try", "pacs", "/messages/exceptions/", acts.chosen),
        Stop("exceptions-replayed", "pacs", "/messages/bulk/1/"),
        Stop("examples", "pacs", "/messages/examples/"),
        *_peers(),
        *_stations(),
        *_archives(),
        Stop("dicom-exchange", "pacs", "/exchanges/1/"),
    ]


def _stations() -> list[Stop]:
    add = "/messages/stations/add/"
    return [
        Stop("stations", "pacs", "/messages/stations/"),
        Stop("station-add", "pacs", add),
        Stop("station-add-empty", "pacs", add, acts.sent_empty, True),
        Stop("station-rules", "pacs", "/messages/stations/{station}/"),
        Stop("station-sees", "tech", "/stations/{station}/worklist/"),
        Stop("worklists-of-exam", "coord", "/board/{scheduled}/worklists/"),
    ]


def _archives() -> list[Stop]:
    add = "/archives/add/"
    return [
        Stop("archives", "pacs", "/archives/"),
        Stop("archive-add", "pacs", add),
        Stop("archive-add-empty", "pacs", add, acts.sent_empty, True),
        Stop("archive", "pacs", "/archives/{archive}/"),
        Stop("routing", "pacs", "/archives/rules/"),
        Stop("rule-add", "pacs", "/archives/rules/add/"),
        Stop("rule-add-empty", "pacs", "/archives/rules/add/", acts.sent_empty, True),
        Stop("rule", "pacs", "/archives/rules/{rule}/"),
        Stop("study-without-order", "coord", "/studies/{strange}/"),
        Stop("study", "rad", "/studies/{study}/"),
        Stop("dose-without-order", "coord", "/doses/{dose}/"),
    ]


def _peers() -> list[Stop]:
    peer = "/messages/peers/{peer}/"
    add = "/messages/peers/add/"
    contract = "/messages/contracts/{contract}/"
    return [
        Stop("peers", "pacs", "/messages/peers/"),
        Stop("peer-add", "pacs", add),
        Stop("peer-add-empty", "pacs", add, acts.sent_empty, True),
        Stop("peer", "pacs", peer),
        Stop("peer-operate", "pacs", f"{peer}operate/"),
        Stop("peer-history", "pacs", f"{peer}history/"),
        Stop("listener-add", "pacs", "/messages/listeners/add/"),
        Stop("listener", "pacs", "/messages/listeners/{listener}/"),
        Stop("contracts", "pacs", "/messages/contracts/"),
        Stop("contract-add", "pacs", "/messages/contracts/add/"),
        Stop("contract", "pacs", contract),
        Stop("contract-edit", "pacs", "/messages/contracts/{draft}/edit/"),
    ]


def _administrator() -> list[Stop]:
    return [
        Stop("simulator", "admin", "/demo/"),
        *(Stop(f"design-{part}", "admin", f"/design/?part={part}") for part in PARTS),
    ]


STOPS = (
    *_anybody(),
    *_technologist(),
    *_radiologist(),
    *_coordinator(),
    *_referrer(),
    *_interface_admin(),
    *_administrator(),
)
