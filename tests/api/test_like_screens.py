"""What the dashboard's screens do, the API does too, by the same actions; what it leaves out is in a short list with the reason."""

from __future__ import annotations

import ast
from pathlib import Path

from shopify_app.api.door import OPERATIONS
from shopify_app.dashboard.door import SCREENS, load_screens

ROOT = Path(__file__).parents[2]
THE_BROWSERS = "a matter of one person's browser or own profile; a token has neither"
AT_THEIR_PAGES = "gives permission on Google's or Microsoft's own pages, in a browser that comes back here"
SAME = {
    # path of the screen: what answers for GET, what for POST
    "": ("GET /bookings",), "/calendar": ("GET /bookings", "GET /sessions", "GET /blocks"),
    "/audit": ("GET /audit", "GET /audit/chain"), "/audit.csv": ("GET /audit",), "/audit.json": ("GET /audit",),
    "/bookings": ("GET /bookings",), "/bookings.csv": ("GET /bookings",),
    "/bookings/new": ("GET /services/{id}/slots", "POST /bookings"),
    "/bookings/<ref>": ("GET /bookings/{ref}", "GET /bookings/{ref}/notes", "GET /bookings/{ref}/documents", "GET /bookings/{ref}/charges"),
    "/bookings/<ref>/cancel": ("GET /bookings/{ref}/cancellation", "POST /bookings/{ref}/cancel"),
    "/bookings/<ref>/move": ("GET /services/{id}/slots", "POST /bookings/{ref}/reschedule"),
    "/bookings/<ref>/charge": ("GET /bookings/{ref}/charges", "POST /bookings/{ref}/charge"),
    "/bookings/<ref>/payments": ("POST /bookings/{ref}/payments",), "/bookings/<ref>/documents/<int:number>": ("GET /bookings/{ref}/documents/{document}",),
    **{f"/bookings/<ref>/{verb}": (f"POST /bookings/{{ref}}/{verb}",) for verb in (
        "approve", "decline", "arrive", "ready", "complete", "no-show", "clear-conflict", "revoke-link", "notes")},
    "/bookings/<ref>/send-link": ("POST /bookings/{ref}/send-manage-link",), "/bookings/<ref>/goodwill": ("POST /bookings/{ref}/refund",),
    "/bookings/<ref>/messages/<int:message_id>/resend": ("POST /bookings/{ref}/resend",),
    "/bookings/<ref>/notes/<int:note_id>/remove": ("POST /bookings/{ref}/remove-note",),
    "/bookings/<ref>/refunds/<int:refund_id>/execute": ("POST /refunds/{id}/execute",),
    "/classes": ("GET /sessions",), "/classes/new": ("POST /sessions", "POST /sessions/weekly"), "/classes/<int:session_id>": ("GET /sessions/{id}", "GET /bookings"),
    "/classes/<int:session_id>/seats": ("PATCH /sessions/{id}",), "/classes/<int:session_id>/cancel": ("POST /sessions/{id}/cancel",),
    "/classes/<int:session_id>/remove": ("DELETE /sessions/{id}",),
    "/customers": ("GET /customers",), "/customers/<int:customer_id>": ("GET /customers/{id}", "GET /customers/{id}/duplicates", "GET /bookings"),
    "/customers/<int:customer_id>/edit": ("PATCH /customers/{id}",), "/customers/<int:customer_id>/merge": ("GET /customers",),
    "/customers/<int:customer_id>/merge/<int:other_id>": ("POST /customers/{id}/merge",),
    "/customers/<int:customer_id>/export": ("POST /customers/{id}/export",), "/customers/<int:customer_id>/erase": ("POST /customers/{id}/erase",),
    "/disputes": ("GET /disputes", "GET /disputes/{id}"),
    "/feedback": ("GET /feedback",), "/feedback.csv": ("GET /feedback.csv",), "/feedback/<int:feedback_id>/reply": ("POST /feedback/{id}/reply",),
    "/feedback/<int:feedback_id>/publish": ("POST /feedback/{id}/publish",),
    "/import": ("GET /imports", "POST /imports"), "/import/<int:run_id>": ("GET /imports/{id}", "POST /imports/{id}/check", "GET /imports/{id}/errors"),
    "/import/<int:run_id>/start": ("POST /imports/{id}/start",), "/import/<int:run_id>/remove": ("DELETE /imports/{id}",),
    "/import/<int:run_id>/errors.csv": ("GET /imports/{id}/errors.csv",),
    "/insights": ("GET /insights", "GET /reports/self-service"),
    "/settings": ("GET /store",), "/settings/store": ("GET /store", "PATCH /store"), "/settings/portal": ("GET /store", "PATCH /store"),
    "/settings/waiting": ("GET /store", "PATCH /store", "GET /waitlist"), "/settings/policy": ("PATCH /store", "POST /policy-preview"),
    "/settings/locations": ("GET /locations",), "/settings/locations/new": ("POST /locations",),
    "/settings/locations/<int:location_id>": ("GET /locations/{id}", "PATCH /locations/{id}"),
    "/settings/locations/<int:location_id>/remove": ("DELETE /locations/{id}",),
    "/services": ("GET /services",), "/services/new": ("POST /services",), "/services/<int:service_id>": ("GET /services/{id}", "PATCH /services/{id}"),
    "/services/<int:service_id>/remove": ("DELETE /services/{id}",), "/services/<int:service_id>/policy": ("PATCH /services/{id}", "POST /policy-preview"),
    "/settings/domain": ("GET /domains", "POST /domains"), "/settings/domain/<int:domain_id>/look": ("POST /domains/{id}/look",),
    "/settings/domain/<int:domain_id>/use": ("POST /domains/{id}/use",), "/settings/domain/<int:domain_id>/remove": ("DELETE /domains/{id}",),
    "/settings/messages": ("GET /templates",),
    "/settings/messages/<topic>/<locale>": ("GET /templates/{name}", "PUT /templates/{name}", "GET /templates/{name}/versions", "POST /templates/{name}/test"),
    "/settings/messages/<topic>/<locale>/reset": ("POST /templates/{name}/reset",), "/settings/messages/<topic>/<locale>/mail": ("POST /templates/{name}/preview",),
    "/settings/messages/<topic>/<locale>/restore/<int:number>": ("POST /templates/{name}/restore",),
    "/settings/payments": ("GET /payment-account",), "/settings/payments/connect": ("POST /payment-account/connect",),
    "/settings/payments/look": ("POST /payment-account/look",), "/settings/payments/disconnect": ("DELETE /payment-account",),
    "/setup": ("GET /setup",), "/setup/booking": ("POST /bookings",),
    "/staff": ("GET /staff",), "/staff/new": ("POST /staff",), "/staff/<int:staff_id>": ("GET /staff/{id}", "PATCH /staff/{id}"),
    "/staff/<int:staff_id>/remove": ("DELETE /staff/{id}",), "/staff/<int:staff_id>/calendar": ("GET /staff/{id}/calendar",),
    "/staff/<int:staff_id>/calendar/file": ("PUT /staff/{id}/calendar",), "/staff/<int:staff_id>/calendar/remove": ("DELETE /staff/{id}/calendar",),
    "/staff/<int:staff_id>/calendar/feed": ("POST /staff/{id}/calendar/feed", "DELETE /staff/{id}/calendar/feed"),
    "/staff/<int:staff_id>/dates": ("GET /staff/{id}/dates", "PUT /staff/{id}/dates/{day}"), "/staff/<int:staff_id>/dates/remove": ("DELETE /staff/{id}/dates/{day}",),
    "/team": ("GET /team", "POST /team"), "/team/<int:user_id>": ("GET /team/{id}", "PATCH /team/{id}"), "/team/<int:user_id>/remove": ("DELETE /team/{id}",),
    "/time-off": ("GET /blocks", "POST /blocks"), "/time-off/<int:block_id>/remove": ("DELETE /blocks/{id}",),
    "/approvals": ("GET /bookings",), "/refunds": ("GET /refunds",), "/refunds/<int:refund_id>/execute": ("POST /refunds/{id}/execute",),
    "/conflicts": ("GET /conflicts",), "/withdrawals": ("GET /withdrawals",), "/withdrawals/<int:withdrawal_id>/handled": ("POST /withdrawals/{id}/handled",),
    "/waitlist": ("GET /waitlist",), "/waitlist/<int:entry_id>/remove": ("DELETE /waitlist/{id}",),
    "/api-tokens": ("GET /tokens", "POST /tokens"), "/api-tokens/<int:token_id>/revoke": ("DELETE /tokens/{id}",),
    "/webhooks": ("GET /webhooks", "POST /webhooks"), "/webhooks/<int:webhook_id>": ("GET /webhooks/{id}", "PATCH /webhooks/{id}", "GET /webhooks/{id}/deliveries"),
    "/webhooks/<int:webhook_id>/secret": ("POST /webhooks/{id}/secret",), "/webhooks/<int:webhook_id>/ping": ("POST /webhooks/{id}/ping",),
    "/webhooks/<int:webhook_id>/remove": ("DELETE /webhooks/{id}",),
    "/webhooks/<int:webhook_id>/deliveries/<int:delivery_id>": ("POST /webhooks/{id}/deliveries/{delivery}/redeliver",),
}
NOT_THERE = {"/profile": THE_BROWSERS, "/staff/<int:staff_id>/calendar/<provider>": AT_THEIR_PAGES, "/staff/calendar-account": AT_THEIR_PAGES}
ACTIONS_NOT_THERE = {
    "booking.actions.sign_in_user": THE_BROWSERS, "booking.actions.own_profile": THE_BROWSERS, "booking.actions.sign_in": THE_BROWSERS,
    "booking.actions.staff_calendars.connect_calendar": AT_THEIR_PAGES,
}


def test_every_screen_has_its_operation_or_a_reason():
    load_screens()
    there = {f"{op.method} {op.path}" for op in OPERATIONS}
    paths = {entry.path for entry in SCREENS}
    assert paths == set(SAME) | set(NOT_THERE), "a screen came or went: say what of the API does the same"
    assert {name for names in SAME.values() for name in names} <= there
    for entry in SCREENS:
        if "POST" in entry.methods and entry.path in SAME:
            assert any(not name.startswith("GET ") for name in SAME[entry.path]), f"{entry.path} changes something, its operations do not"


def test_every_action_of_a_screen_is_one_of_the_api():
    """One way through the house: whatever a screen runs, an operation runs too."""
    missing = _actions("dashboard") - _actions("api")
    left = {name for name in missing if name not in ACTIONS_NOT_THERE and name.rpartition(".")[0] not in ACTIONS_NOT_THERE}
    assert left == set()


def _actions(folder: str) -> set[str]:
    """The functions of booking/actions that the modules of a folder call, by full name; `module.function` counts as well."""
    found = set()
    for path in (ROOT / "shopify_app" / folder).glob("*.py"):
        tree = ast.parse(path.read_text())
        modules, names = {}, {}
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.module == "booking.actions":
                modules |= {alias.asname or alias.name: alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("booking.actions."):
                names |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
        for node in ast.walk(tree):
            if isinstance(node, ast.Name) and node.id in names and node.id.islower():
                found.add(names[node.id])
            elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in modules and node.attr.islower():
                found.add(f"booking.actions.{modules[node.value.id]}.{node.attr}")
    return found
