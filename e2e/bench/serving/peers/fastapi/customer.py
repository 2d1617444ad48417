"""A customer of the Telco sample as pydantic checks it, and as the model wants it."""

import math
from typing import Annotated, Literal

from pydantic import BaseModel, Field

Flag = Annotated[int, Field(ge=0, le=1)]
Amount = Annotated[float, Field(ge=0)]
Internet = Literal["No", "Yes", "No internet service"]


class Customer(BaseModel):
    customer_id: str
    female: Flag
    senior_citizen: Flag
    partner: Flag
    dependents: Flag
    tenure: Amount
    phone_service: Flag
    multiple_lines: Literal["No", "Yes", "No phone service"]
    internet_service: Literal["DSL", "Fiber optic", "No"]
    online_security: Internet
    online_backup: Internet
    device_protection: Internet
    tech_support: Internet
    streaming_tv: Internet
    streaming_movies: Internet
    contract: Literal["Month-to-month", "One year", "Two year"]
    paperless_billing: Flag
    payment_method: Literal["Bank transfer (automatic)", "Credit card (automatic)", "Electronic check", "Mailed check"]
    monthly_charges: Amount
    total_charges: Amount | None


def row_encoder(manifest):
    """A function that makes a list of numbers from a customer, in the order of the model's columns; NaN is missing."""
    width = manifest["model"]["width"]
    numbers, categories = [], []
    for feature in manifest["features"]:
        rule, offset = feature["encoding"], feature["offset"]
        if rule["kind"] == "OneHot":
            places = {category: offset + place for place, category in enumerate(rule["categories"])}
            categories.append((feature["name"], places))
        else:
            numbers.append((feature["name"], offset))

    def encode(customer):
        cells, row = customer.__dict__, [0.0] * width
        for name, place in numbers:
            value = cells[name]
            row[place] = math.nan if value is None else value
        for name, places in categories:
            row[places[cells[name]]] = 1.0
        return row

    return encode
