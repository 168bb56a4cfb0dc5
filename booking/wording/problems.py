"""What actions say is wrong with a field, as sentences in the reader's language.

Actions and the API name problems in short English ("must have 1 to 120 characters"). People of the shop read the sentence of PROBLEMS
that belongs to it; `{}` in a pattern stands for a value, which the sentence takes over by its place.
"""

from __future__ import annotations

import re
from functools import lru_cache

from booking.wording.words import Words

PROBLEMS: dict[str, str] = {
    # any field
    "must have {} to {} characters": "This must have {0} to {1} characters.",
    "must have at most {} characters": "This must have at most {0} characters.",
    "is longer than {} characters": "This is longer than {0} characters.",
    "has more than {} characters": "This has more than {0} characters.",
    "must be from {} to {}": "This must be from {0} to {1}.",
    "must be between {} and {}": "This must be between {0} and {1}.",
    "must be a whole number from {} to {}": "This must be a whole number from {0} to {1}.",
    "must be one of {}": "This must be one of {0}.",
    "must be some of {}": "This must be some of {0}.",
    "must be true or false": "Please choose on or off.",
    "is missing": "Please fill this in.",
    "is not known": "This is not known. Please choose again.",
    "is not known for this booking": "This does not go with the booking. Please choose again.",
    "is taken": "This is taken already.",
    "cannot change": "This can't be changed.",
    "must be an address that begins with https://": "This must be an address that begins with https://",
    "is not an address": "This is not an address.",
    # people and shop
    "is not an e-mail address": "This is not an e-mail address.",
    "is not a phone number; give it with its country code, as in +1 212 555 0100":
        "This is not a phone number. Please give it with its country code, as in +1 212 555 0100.",
    "is not a time zone such as America/New_York": "This is not a time zone such as America/New_York.",
    "is not a currency code such as USD": "This is not a currency code such as USD.",
    "is a colour such as #1f5c4d": "What is needed here is a colour such as #1f5c4d.",
    "is a time such as 21:00": "What is needed here is a time such as 21:00.",
    "is a percentage such as 19 or 8.875": "What is needed here is a percentage such as 19 or 8.875.",
    "has 1 to 63 small letters, digits and hyphens": "This has 1 to 63 small letters, digits and hyphens.",
    "is in the team already": "This person is in the team already.",
    "is the same customer": "This is the same customer.",
    "cannot change once bookings are made there; add a new location":
        "The time zone cannot change once bookings are made there. Please add a new location.",
    "is not a host name such as booking.example.com": "This is not a host name such as booking.example.com.",
    "is there already": "This is there already.",
    "comes on top of {} others; remove one first": "There are {0} already. Please remove one first.",
    "must have no user name, password or fragment": "The address must have no user name, password or fragment.",
    "must use port 443, or one above 1023": "The address must use port 443, or one above 1023.",
    "must be the https address of a calendar file (.ics)": "This must be the https address of a calendar file (.ics).",
    "is a Stripe account id such as acct_1AbCdEf": "What is needed here is a Stripe account id such as acct_1AbCdEf.",
    "is used by another store": "This is used by another store.",
    "is not an address of the shop or its people": "This is not an address of the shop or its people.",
    "at least one channel must stay on for messages about your bookings": "At least one channel must stay on for messages about your bookings.",
    # times, hours and waiting
    "must be after the start, by at most a year": "The end must be after the start, by at most a year.",
    "is not known; name a location or a staff member": "Please choose a location or a person.",
    "is more than the price": "The deposit is more than the price.",
    "comes to more than the price: needs override: true": "That is more than the price.",
    "must be from 15 minutes to 14 days before the start": "Reminders must be from 15 minutes to 14 days before the start.",
    "must be whole minutes": "This must be whole minutes.",
    "must be a whole minute": "This must be a whole minute.",
    "hours have the keys {}": "Working hours have the days {0}.",
    "{}: each span is a pair such as {}": "Please enter a beginning and an end for each span of working hours.",
    "{}: spans must be in order, not overlap, and end after they start":
        "Working hours of a day must be in order, not overlap, and end after they start.",
    "{}: {} is not a time from 00:00 to 24:00": "{1} is not a time from 00:00 to 24:00.",
    "{} must be a pair of times such as {}": "Please enter a beginning and a later end for each part of the day.",
    "must name at least one of {}": "Please choose at least one of {0}.",
    "must name at least one day, 0 (Monday) to 6": "Please choose at least one day.",
    "{} is not a duration such as PT24H or P7D": "{0} is not a duration such as PT24H or P7D.",
    "{} is longer than two years": "This is longer than two years.",
    "{} must be given in hours and minutes": "This must be given in hours and minutes.",
    "{} must be given in days": "This must be given in days.",
    "{} does not exist in {}": "{0} does not exist in {1}: clocks are put forward then.",
    # services, staff and classes
    "must not have characters that cannot be seen": "This must not have characters that cannot be seen.",
    "is not where this person works": "This person does not work at this location.",
    "belongs to an online location, and has no spaces": "A meeting link belongs to an online location, and has no spaces.",
    "names someone who is not known": "One of the people is not known. Please choose again.",
    "names a service that is not known": "One of the services is not known. Please choose again.",
    "is not a class (capacity above 1)": "This service is not a class: it has one seat.",
    "does not give this service": "This person does not give this service.",
    "must be at least the {} seats taken": "This must be at least the {0} seats taken.",
    "is a class, which cannot be part of a visit": "A class cannot be part of a visit.",
    "is priced in {} and the first part in {}: a visit has one currency": "This is priced in {0} and the first part in {1}. A visit has one currency.",
    "must have the currency of the price": "This must have the currency of the price.",
    "must be from {} to {} weeks": "This must be from {0} to {1} weeks.",
    "must be from {} to {} services": "This must be from {0} to {1} services.",
    # bookings and money
    "must be between 0 and what was paid and not yet given back": "This must be between 0 and what was paid and not yet given back.",
    "must be policy, full or none": "Please choose what they get back.",
    "is not the quote shown for this choice": "The refund for this choice has changed. Please look at it again.",
    "is not the quote shown for this booking": "The refund for this booking has changed. Please look at it again.",
    "must be a positive amount in minor units": "This must be an amount above zero.",
    "must be from 1 to {}, what is still to pay": "This is more than what is still to pay.",
    "must be a multiple of {}: cards move {} in such steps": "This must be a multiple of {0}: cards move {1} in such steps.",
    "nothing is to pay for this booking": "Nothing is to pay for this booking.",
    "nothing is left of what was paid for this booking": "Nothing is left of what was paid for this booking.",
    "is asked for or offered already": "This time is asked for or offered already.",
    "is too soon to be answered": "This time is too soon to be answered.",
    "must be 1 to {} times": "Please choose 1 to {0} times.",
    "is not an instant": "This is not a time.",
    "is not a myshopify domain": "This is not a myshopify domain.",
    # policies
    "must be an object": "This must be an object.",
    "must be a list of 1 to 20 tiers": "There can be 1 to 20 rows.",
    "the last tier is the otherwise one and has no at_least": "The last row is the one for everything else and has no time.",
    "must go from the longest at_least to the shortest, without repeats": "Rows must go from the longest time to the shortest, without repeats.",
    "a partial refund has either percent or amount": "A partial refund has either a percentage or an amount.",
    "a credit has percent or amount, not both": "A credit has a percentage or an amount, not both.",
    "{} takes neither percent nor amount": "This choice takes neither a percentage nor an amount.",
    # imports
    "has no header row with columns parted by commas": "The file has no header row with columns parted by commas.",
    "{} is not in the file": "{0} is not in the file.",
    "is larger than 5 MB; import it in parts, or by the command": "The file is larger than 5 MB. Please import it in parts, or by the command.",
    "is not a CSV file": "This is not a CSV file.",
    "The file is empty.": "The file is empty.",
    "The file is not UTF-8 text (byte {}). Save it as UTF-8 CSV.": "The file is not UTF-8 text (byte {0}). Please save it as UTF-8 CSV.",
    "The header is not readable as CSV: {}.": "The header is not readable as CSV: {0}.",
    "Missing in the file: {}.": "Missing in the file: {0}.",
    "Missing in the file: {}. Map columns with --map field=Column.": "Missing in the file: {0}.",
    "Unknown field {}. Fields: {}.": "Unknown field {0}. Fields: {1}.",
    "Unknown status {}. Statuses: {}.": "Unknown status {0}. Statuses: {1}.",
    "Unknown format {}. Formats: {}.": "Unknown format {0}. Formats: {1}.",
    "These columns are neither Acuity's export nor our format. Name the format with --format and map columns with --map field=Column.":
        "These columns are neither Acuity's export nor our format. Please say which column is what.",
    "The import stopped because of a fault on our side. Please try again; nothing is imported twice.":
        "The import stopped because of a fault on our side. Please try again; nothing is imported twice.",
    "not readable as CSV: {}": "Not readable as CSV: {0}.",
    "has {} columns where the header has {}": "This line has {0} columns where the header has {1}.",
    "a field is longer than {} characters or holds a zero byte": "A field is longer than {0} characters or holds a zero byte.",
    "has the id of line {}, which says something else": "This line has the id of line {0}, which says something else.",
    "paid {} is more than its price {}": "What was paid, {0}, is more than the price, {1}.",
    "unknown time zone {}": "Unknown time zone {0}.",
    "must end after its start, at least a minute and at most 24 hours later": "It must end after its start, at least a minute and at most 24 hours later.",
    "has no service": "It has no service.",
    "has no staff or calendar": "It has no staff or calendar.",
    "has neither a name nor an e-mail address": "It has neither a name nor an e-mail address.",
    "unknown status {}; map it with --status {}=confirmed": "Unknown status {0}.",
    "duration must be 1 to 1440 minutes": "The duration must be 1 to 1440 minutes.",
    "price {} is not an amount of money": "The price {0} is not an amount of money.",
    "paid {} is not an amount of money": "The paid amount {0} is not an amount of money.",
    "start {} is not a date and time between 1990 and 2100": "The start {0} is not a date and time between 1990 and 2100.",
    "end {} is not a date and time between 1990 and 2100": "The end {0} is not a date and time between 1990 and 2100.",
    "booking date {} is not a date and time between 1990 and 2100": "The booking date {0} is not a date and time between 1990 and 2100.",
    "start {} does not exist in {}: clocks go forward then": "The start {0} does not exist in {1}: clocks go forward then.",
    "end {} does not exist in {}: clocks go forward then": "The end {0} does not exist in {1}: clocks go forward then.",
    "booking date {} does not exist in {}: clocks go forward then": "The booking date {0} does not exist in {1}: clocks go forward then.",
    "{} is not an e-mail address": "{0} is not an e-mail address.",
    "phone {} needs its country code, as in +1 212 555 0100": "The phone number {0} needs its country code, as in +1 212 555 0100.",
    "seats {} is not a number of seats": "{0} is not a number of seats.",
    "overlaps line {}": "It overlaps line {0}.",
    "overlaps what {} already has at {} UTC": "It overlaps what {0} already has at {1} UTC.",
    # texts of messages
    "line {}, column {}: a closing brace without an opening one; write }} for a brace":
        "Line {0}, column {1}: a closing brace without an opening one. Write }}}} for a brace.",
    "line {}, column {}: after { comes the name of a placeholder and }; write {{ for a brace":
        "Line {0}, column {1}: after {{ comes the name of a placeholder and }}. Write {{{{ for a brace.",
    "line {}, column {}: {} is not a placeholder of this message": "Line {0}, column {1}: {2} is not a placeholder of this message.",
    "line {}, column {}: {} must stand in a paragraph of its own": "Line {0}, column {1}: {2} must stand in a paragraph of its own.",
    "there is no booking yet to show it with": "There is no booking yet to show it with.",
}
UNKNOWN = "Please check what you entered."


def problem_text(w: Words, problem: str) -> str:
    """`must have 1 to 120 characters` -> This must have 1 to 120 characters. One that is not known here: a general request to look again."""
    if problem in PROBLEMS:
        return w._(PROBLEMS[problem])
    for pattern, sentence in _patterns():
        match = pattern.fullmatch(problem)
        if match is not None:
            return w._(sentence).format(*match.groups())
    return w._(UNKNOWN)


def known_problem(problem: str) -> bool:
    """Whether there is a sentence for it."""
    return problem in PROBLEMS or any(pattern.fullmatch(problem) for pattern, _ in _patterns())


@lru_cache(maxsize=1)
def _patterns() -> tuple[tuple[re.Pattern[str], str], ...]:
    """The patterns with values, those with the most words of their own first."""
    found = [(text, sentence) for text, sentence in PROBLEMS.items() if "{}" in text]
    return tuple((re.compile("(.*?)".join(map(re.escape, text.split("{}"))), re.DOTALL), sentence)
                 for text, sentence in sorted(found, key=lambda pair: -len(pair[0].replace("{}", ""))))
