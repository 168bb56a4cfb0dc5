"""The types both JSON APIs share, under the name the merchant API's modules know them by."""

from jsonapi.shapes import (  # noqa: F401
    RFC3339, YEARS, Amount, Csv, Email, Flag, Ids, Instant, Listing, Minor, Money, MoneyIn, Name, Nothing, Paid, Pdf, Phone, Problem,
    ProblemError, Reason, Seats, Shape, Sum, Text, Whole, read_instant,
)
