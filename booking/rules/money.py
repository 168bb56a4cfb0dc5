"""Integer minor units (R25)."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

# ISO 4217, list one, of what is paid with; funds, metals and test codes are no money to book with.
CURRENCIES = frozenset(
    "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CLP CNY COP CRC CUP CVE CZK DJF DKK"
    " DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW"
    " KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR"
    " PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU"
    " UZS VED VES VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG".split())

_EXPONENTS = dict.fromkeys("BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF".split(), 0) | dict.fromkeys(
    "BHD IQD JOD KWD LYD OMR TND".split(), 3) | {"CLF": 4, "UYW": 4}

# Stripe, "Supported currencies": three-decimal amounts must end in 0, and MGA is taken in whole ariary.
_CARD_STEPS = dict.fromkeys("BHD JOD KWD OMR TND".split(), 10) | {"MGA": 100}

# Stripe, "Minimum and maximum charge amounts"; elsewhere it converts them from the currency of the account.
_CARD_LEAST = {"AED": 200, "AUD": 50, "BGN": 100, "BRL": 50, "CAD": 50, "CHF": 50, "CZK": 1500, "DKK": 250, "EUR": 50, "GBP": 30, "HKD": 400,
               "HUF": 17500, "INR": 50, "JPY": 50, "MXN": 1000, "MYR": 200, "NOK": 300, "NZD": 50, "PLN": 200, "RON": 200, "SEK": 300,
               "SGD": 50, "THB": 1000, "USD": 50}


def exponent(currency: str) -> int:
    """Digits after the point: JPY 0, USD 2, KWD 3 (ISO 4217). ValueError unless three capital letters."""
    if len(currency) != 3 or not currency.isascii() or not currency.isalpha() or not currency.isupper():
        raise ValueError(f"{currency!r} is not a currency code")
    return _EXPONENTS.get(currency, 2)


def card_step(currency: str) -> int:
    """The smallest amount in minor units that cards move: ten for three-decimal currencies, a whole ariary for MGA, else one."""
    return _CARD_STEPS.get(currency, 1)


def card_least(currency: str) -> int:
    """The least amount in minor units that is charged to a card, as far as it is known."""
    return _CARD_LEAST.get(currency, card_step(currency))


def share_of(amount: int, share: Fraction) -> int:
    """`amount` x `share`, rounded half up; the rest is what is kept, so the two always add up."""
    exact = amount * share
    return (2 * exact.numerator + exact.denominator) // (2 * exact.denominator)


def nearest(amount: int, step: int) -> int:
    """The multiple of `step` closest to `amount`, half a step up."""
    return (2 * amount + step) // (2 * step) * step


def split(total: int, weights: Sequence[int]) -> list[int]:
    """`total` in parts proportional to `weights`, summing exactly: the largest remainders get the last units, ties the earlier.

    With all weights zero nothing can be split: ValueError unless `total` is 0.
    """
    whole = sum(weights)
    if whole == 0:
        if total:
            raise ValueError("nothing to split over")
        return [0] * len(weights)
    parts = [total * weight // whole for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda n: (-(total * weights[n] % whole), n))
    for n in by_remainder[: total - sum(parts)]:
        parts[n] += 1
    return parts
