"""Saved cards and payments in words (R22, R36). `CONSENT` names the wording of the consent: a new wording gets a new name."""

from __future__ import annotations

from booking.wording.words import Words

CONSENT = "2026-11"
BRANDS = {"visa": "Visa", "mastercard": "Mastercard", "amex": "American Express", "discover": "Discover", "diners": "Diners Club",
          "jcb": "JCB", "unionpay": "UnionPay"}


def card_text(w: Words, brand: str, last4: str, exp_month: int, exp_year: int) -> str:
    """Visa ending in 4242, valid to 12/2030."""
    return w._("{brand} ending in {last4}, valid to {month}/{year}").format(
        brand=BRANDS.get(brand, brand.capitalize()), last4=last4, month=f"{exp_month:02d}", year=exp_year)


def consent_text(w: Words, venue: str, most: int, currency: str) -> str:
    """What the customer agrees to by saving a card for a booking."""
    if most:
        return w._("I agree that {venue} keeps this card and may charge up to {amount} to it if I cancel this booking late or miss the"
                   " appointment.").format(venue=venue, amount=w.money(most, currency))
    return w._("I agree that {venue} keeps this card for my visits. Nothing is charged to it for this booking.").format(venue=venue)


def decline_text(w: Words, code: str) -> str:
    """The customer's next step after a card was refused."""
    return {
        "expired_card": w._("This card has expired. Please try another one."),
        "incorrect_number": w._("This card number is not right. Please check it."),
        "incorrect_cvc": w._("The security code is not right. Please check it."),
        "insufficient_funds": w._("There is not enough money on this card. Please try another one."),
        "setup_intent_authentication_failure": w._("Your bank could not confirm it is you. Please try again or use another card."),
        "payment_intent_authentication_failure": w._("Your bank could not confirm it is you. Please try again or use another card."),
    }.get(code, w._("Your card was declined. Please try another one."))
