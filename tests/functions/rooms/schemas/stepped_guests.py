"""The same guests, of whom a step hands on a part."""

from schemas.guests import Guest, Published, transform

from tidegate.contract.declare import Dataset

dataset = Dataset(
    name="stepped_guests",
    description="Guests after a step.",
    row=Guest,
    key=("email",),
    transform=transform,
    published=Published,
)
