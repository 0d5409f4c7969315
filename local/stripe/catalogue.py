"""Products and prices, found by lookup key."""

from stripe.params import (
    PriceCreateParams,
    PriceListParams,
    PriceRetrieveParams,
    PriceUpdateParams,
    ProductCreateParams,
    ProductListParams,
    ProductRetrieveParams,
    ProductUpdateParams,
)

from local.stripe.errors import StripeError, not_played
from local.stripe.lists import listed
from local.stripe.methods import method
from local.stripe.state import Json
from local.stripe.world import World, with_metadata


@method("POST", "/v1/products", ProductCreateParams)
def create_product(world: World, params: ProductCreateParams) -> Json:
    name = params.get("id") or world.new_id("product")
    if world.find("product", name):
        raise StripeError(f"Product already exists: {name}", code="resource_already_exists", param="id")
    now = world.now()
    product: Json = {
        "id": name,
        "object": "product",
        "active": params.get("active", True),
        "created": now,
        "default_price": None,
        "description": params.get("description"),
        "images": [],
        "livemode": False,
        "marketing_features": [],
        "metadata": with_metadata({}, params.get("metadata", {})),
        "name": params["name"],
        "package_dimensions": None,
        "shippable": None,
        "tax_code": params.get("tax_code"),
        "unit_label": None,
        "updated": now,
        "url": None,
    }
    return world.put("product", product)


@method("GET", "/v1/products/{product}", ProductRetrieveParams)
def retrieve_product(world: World, _params: ProductRetrieveParams, product: str) -> Json:
    return world.need("product", product)


@method("POST", "/v1/products/{product}", ProductUpdateParams)
def update_product(world: World, params: ProductUpdateParams, product: str) -> Json:
    found = world.need("product", product)
    if "name" in params:
        found["name"] = params["name"]
    if "active" in params:
        found["active"] = params["active"]
    if "description" in params:
        found["description"] = params["description"] or None
    if "tax_code" in params:
        found["tax_code"] = params["tax_code"] or None
    if "metadata" in params:
        found["metadata"] = with_metadata(found["metadata"], params["metadata"])
    found["updated"] = world.now()
    return found


@method("GET", "/v1/products", ProductListParams)
def list_products(world: World, params: ProductListParams) -> Json:
    names, active = params.get("ids"), params.get("active")
    found = (
        each
        for each in world.all("product")
        if (names is None or each["id"] in names) and (active is None or each["active"] == active)
    )
    return listed(found, params, "/v1/products")


@method("POST", "/v1/prices", PriceCreateParams)
def create_price(world: World, params: PriceCreateParams) -> Json:
    product = world.need("product", params.get("product", ""), "product")
    if "recurring" not in params:
        raise not_played("prices that are paid once")
    if "unit_amount" not in params:
        detail = "You must pass either unit_amount, unit_amount_decimal, or custom_unit_amount."
        raise StripeError(detail, param="unit_amount")
    recurring, key = params["recurring"], params.get("lookup_key")
    if recurring["interval"] != "month" or recurring.get("interval_count", 1) != 1:
        raise not_played("prices of another interval than a month")
    if key is not None:
        _take_key(world, key, transfer=params.get("transfer_lookup_key", False))
    price: Json = {
        "id": world.new_id("price"),
        "object": "price",
        "active": params.get("active", True),
        "billing_scheme": "per_unit",
        "created": world.now(),
        "currency": params["currency"].lower(),
        "custom_unit_amount": None,
        "livemode": False,
        "lookup_key": key,
        "metadata": with_metadata({}, params.get("metadata", {})),
        "nickname": params.get("nickname"),
        "product": product["id"],
        "recurring": {
            "interval": "month",
            "interval_count": 1,
            "meter": None,
            "trial_period_days": None,
            "usage_type": "licensed",
        },
        "tax_behavior": params.get("tax_behavior", "unspecified"),
        "tiers_mode": None,
        "transform_quantity": None,
        "type": "recurring",
        "unit_amount": params["unit_amount"],
        "unit_amount_decimal": str(params["unit_amount"]),
    }
    return world.put("price", price)


@method("GET", "/v1/prices/{price}", PriceRetrieveParams)
def retrieve_price(world: World, _params: PriceRetrieveParams, price: str) -> Json:
    return world.need("price", price)


@method("POST", "/v1/prices/{price}", PriceUpdateParams)
def update_price(world: World, params: PriceUpdateParams, price: str) -> Json:
    found = world.need("price", price)
    if "active" in params:
        found["active"] = params["active"]
    if "lookup_key" in params:
        if params["lookup_key"] != found["lookup_key"]:
            _take_key(world, params["lookup_key"], transfer=params.get("transfer_lookup_key", False))
        found["lookup_key"] = params["lookup_key"]
    if "metadata" in params:
        found["metadata"] = with_metadata(found["metadata"], params["metadata"])
    return found


@method("GET", "/v1/prices", PriceListParams)
def list_prices(world: World, params: PriceListParams) -> Json:
    keys, product, active = params.get("lookup_keys"), params.get("product"), params.get("active")
    if keys is not None and len(keys) > 10:
        raise StripeError("You can list prices by up to 10 lookup keys.", param="lookup_keys")
    found = (
        each
        for each in world.all("price")
        if (keys is None or each["lookup_key"] in keys)
        and (product is None or each["product"] == product)
        and (active is None or each["active"] == active)
    )
    return listed(found, params, "/v1/prices")


def _take_key(world: World, key: str, *, transfer: bool) -> None:
    """A lookup key belongs to one price. With `transfer` the one that has it loses it."""
    for each in world.all("price", lookup_key=key):
        if not transfer:
            detail = f"A price (`{each['id']}`) already uses that lookup key."
            raise StripeError(detail, code="resource_already_exists", param="lookup_key")
        each["lookup_key"] = None
