"""The two shops of the demo: what they offer, who works there, and by which rules. Names are invented."""

from __future__ import annotations

from typing import Any

DAY = {"mon": [["09:00", "12:30"], ["13:15", "18:00"]], "tue": [["09:00", "12:30"], ["13:15", "18:00"]],
       "wed": [["09:00", "12:30"], ["13:15", "18:00"]], "thu": [["10:00", "14:00"], ["14:45", "19:30"]],
       "fri": [["09:00", "12:30"], ["13:15", "17:00"]], "sat": [], "sun": []}
LATE = {"mon": [["12:00", "20:30"]], "tue": [["12:00", "20:30"]], "wed": [["12:00", "20:30"]], "thu": [["12:00", "20:30"]],
        "fri": [["11:00", "18:00"]], "sat": [["09:00", "15:00"]], "sun": []}
WEEKEND = {"mon": [], "tue": [], "wed": [["10:00", "18:30"]], "thu": [["10:00", "18:30"]], "fri": [["10:00", "18:30"]],
           "sat": [["08:30", "16:30"]], "sun": [["10:00", "15:00"]]}


def policy(*, move: str = "PT24H", cancel: str = "PT24H", tiers: list[dict[str, Any]] | None = None, **more: Any) -> dict[str, Any]:
    """A policy in the API's JSON; without tiers everything is refunded until the cancel notice."""
    return {
        "reschedule": {"allowed": True, "notice": move, "limit": more.pop("limit", 5)},
        "cancel": {
            "allowed": True, "notice": cancel, "instead_schedule": False,
            "tiers": tiers or [{"at_least": cancel, "outcome": "full"}, {"outcome": "forfeit"}],
            "fee": {"amount": more.pop("fee", 0)}, "refund_mode": more.pop("refund_mode", "automatic"),
        },
        "approval": more.pop("approval", "automatic"), **more,
    }


# The four policies of A32, A33, A35 and A36, the same in both shops.
MASSAGE = policy(move="PT2H", cancel="PT2H", tiers=[
    {"at_least": "PT24H", "outcome": "full"}, {"at_least": "PT2H", "outcome": "partial", "percent": 50}, {"outcome": "forfeit"}])
CONSULTATION = policy(move="PT24H", cancel="PT24H")
CLASS = policy(move="PT12H", cancel="PT0S", tiers=[{"at_least": "P7D", "outcome": "full"}, {"outcome": "forfeit"}])
TRAINING = policy(move="PT24H", cancel="PT0S", tiers=[{"at_least": "PT48H", "outcome": "full"}, {"outcome": "forfeit"}])


def service(name: str, minutes: int, price: int, staff: list[int], *, deposit: int = 0, buffer: int = 0, step: int = 15,
            capacity: int = 1, lead: int = 60, horizon: int = 180, rules: dict[str, Any] | None = None, text: str = "") -> dict[str, Any]:
    return {"name": name, "minutes": minutes, "price": price, "staff": staff, "deposit": deposit, "buffer": buffer, "step": step,
            "capacity": capacity, "lead": lead, "horizon": horizon, "policy": rules, "description": text}


DEMO = {
    "slug": "demo", "name": "Harbor & Pine Wellness", "kind": "standalone", "zone": "America/New_York", "currency": "USD",
    "locale": "en", "email": "hello@harborandpine.example", "phone": "+12125550142", "accent": "#1f5c4d", "staff_noun": "therapist",
    "owner": ("maya.okafor@harborandpine.example", "Maya Okafor"), "stripe_account": "acct_sandboxdemo",
    "legal": {"legal_name": "Harbor & Pine Wellness LLC", "legal_address": "48 Harbor Street\nBrooklyn, NY 11201", "tax_id": "US-EIN 00-0000142"},
    "locations": [("Harbor Street", "48 Harbor Street, Brooklyn, NY 11201"), ("Pine Hill", "310 Pine Hill Avenue, New York, NY 10025")],
    "staff": [("Elena Marsh", 0, DAY), ("Tom Okonkwo", 0, LATE), ("Priya Raman", 0, DAY), ("Jonas Weil", 0, WEEKEND),
              ("Amara Diallo", 1, DAY), ("Lucy Tran", 1, LATE), ("Ben Castillo", 1, WEEKEND), ("Sofia Lind", 1, DAY)],
    "services": [
        service("Relaxing massage", 60, 9500, [0, 1], deposit=2500, buffer=15, rules=MASSAGE, text="Slow, warm and quiet. Sixty minutes, oil included."),
        service("Deep tissue massage", 90, 13500, [0, 1, 4], deposit=4000, buffer=15, rules=MASSAGE, text="Firm work on shoulders, back and legs."),
        service("Medical consultation", 30, 12000, [2, 7], lead=240, rules=CONSULTATION, text="First talk and plan with our physiotherapist."),
        service("Personal training", 60, 8000, [3, 6], deposit=8000, rules=TRAINING, text="One trainer, one hour, your goals."),
        service("Morning yoga class", 60, 2200, [7], capacity=12, rules=CLASS, text="All levels; mats are here."),
        service("Reformer pilates class", 50, 3200, [4], capacity=6, rules=CLASS, text="Six machines, small group."),
        service("Facial", 45, 8500, [5], deposit=2000, buffer=10, text="Cleansing, mask and a short face massage."),
        service("Physiotherapy", 45, 11000, [2, 7], buffer=5, text="Follow-up treatment."),
        service("Acupuncture", 50, 9900, [5, 4], rules=policy(approval="manual", approval_hours=12), text="We confirm each request ourselves."),
        service("Nutrition check", 30, 6000, [6, 3], step=30, text="A look at your week on a plate."),
    ],
}

SHOP = {
    "slug": "demo-shop", "name": "Atelier Linden", "kind": "shopify", "zone": "Europe/Berlin", "currency": "EUR",
    "locale": "de", "email": "hallo@atelier-linden.example", "phone": "+4930555010", "accent": "#7a3b5d", "staff_noun": "Stylist",
    "shopify_domain": "demo-shop.myshopify.com", "owner": ("nina.brandt@atelier-linden.example", "Nina Brandt"),
    "legal": {"legal_name": "Atelier Linden GmbH", "legal_address": "Lindenstraße 12\n10969 Berlin", "tax_id": "DE000000142", "tax_percent": "19"},
    "locations": [("Mitte", "Lindenstraße 12, 10969 Berlin"), ("Prenzlauer Berg", "Kastanienallee 71, 10435 Berlin")],
    "staff": [("Nina Brandt", 0, DAY), ("Mehmet Aydın", 0, LATE), ("Clara Vogt", 0, DAY), ("Luis Herrera", 0, WEEKEND),
              ("Hanna Krüger", 1, DAY), ("Aylin Demir", 1, LATE), ("Pavel Novák", 1, WEEKEND), ("Greta Simon", 1, DAY)],
    "services": [
        service("Haarschnitt", 45, 4900, [0, 1, 2, 3], step=15, text="Waschen, schneiden, föhnen."),
        service("Farbe und Schnitt", 120, 12900, [0, 2, 4], deposit=4000, buffer=10, text="Beratung, Farbe, Schnitt und Pflege."),
        service("Rückenmassage", 60, 7200, [5, 6], deposit=2000, buffer=15, rules=MASSAGE, text="Sechzig ruhige Minuten."),
        service("Hautberatung", 30, 5500, [7, 4], lead=240, rules=CONSULTATION, text="Ausführliche Beratung mit Plan."),
        service("Personal Training", 60, 7500, [3, 6], deposit=7500, rules=TRAINING, text="Eine Stunde nur für dich."),
        service("Flechtkurs", 90, 3900, [7], capacity=8, rules=CLASS, text="Flechten lernen in kleiner Runde."),
        service("Make-up-Kurs", 120, 5900, [2], capacity=6, rules=CLASS, text="Vom Alltag bis zum Abend."),
        service("Bartpflege", 30, 2900, [1, 3], step=15, text="Form, Rasur, Pflege."),
        service("Brautfrisur", 150, 18900, [4, 0], deposit=6000, rules=policy(move="P7D", cancel="P7D", approval="manual", approval_hours=24), text="Mit Probetermin; wir bestätigen jede Anfrage."),
        service("Maniküre", 40, 3600, [5], buffer=5, text="Pflege und Lack."),
    ],
}

BUSINESSES = (DEMO, SHOP)

FIRST_NAMES = (
    "Ada Ben Carla Dmitri Ewa Farid Grace Hugo Ines Jamal Kira Liam Mona Noah Olga Pablo Quinn Rosa Sami Tara Uma Viktor Wanda "
    "Xenia Yusuf Zoe Anton Bella Cem Dora").split()
LAST_NAMES = (
    "Archer Bauer Costa Dietrich Evans Fischer Garcia Hansen Ito Jensen Keller Lopez Meyer Nowak Ortiz Park Quist Rossi Stein "
    "Torres Ueda Varga Weiss Young Zeller").split()
