"""What it costs: a dated price list as data, and a meter that folds the journal into a bill."""

from simulator.price.bill import Bill, Line
from simulator.price.meter import Meter, metered
from simulator.price.rates import LATEST, POSTS, PriceError, PriceList
from simulator.price.usage import Owner, Usage, chunks, gigabytes

__all__ = [
    "LATEST",
    "POSTS",
    "Bill",
    "Line",
    "Meter",
    "Owner",
    "PriceError",
    "PriceList",
    "Usage",
    "chunks",
    "gigabytes",
    "metered",
]
