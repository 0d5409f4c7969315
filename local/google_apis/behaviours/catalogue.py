"""The catalogue of Cloud Billing: services and their prices, in the shape of Google's.

Descriptions, regions and units are those that others have published of the real one, with what is odd in them. The
amounts are those of Ondol's price list, but for a few that differ.
"""

from local.google_apis.documents import Json
from local.google_apis.registry import methods
from local.google_apis.world import Call, World

SEOUL, IOWA = "asia-northeast3", "us-central1"
SERVICES = {
    "152E-C115-5142": "Cloud Run",
    "EE2C-7FAC-5E08": "Cloud Firestore",
    "F17B-412E-CB64": "App Engine",
    "95FF-2EF5-5EA1": "Cloud Storage",
    "149C-F9EC-3994": "Artifact Registry",
    "6F81-5844-456A": "Compute Engine",
    "EE82-7A5E-775C": "Secret Manager",
    "5490-F7B7-8DF6": "Cloud Logging",
    "1992-3666-B975": "Cloud Scheduler",
    "F3A6-D7B7-9BDA": "Cloud Tasks",
}
FAMILIES = {"Cloud Storage": "Storage", "Compute Engine": "Compute"}
PAGE = 12
"""Prices of one answer. Google's has up to 5,000."""

OUT = "Cloud Run Network Internet Data Transfer Out"
UNITS = {
    "s": "second", "GiBy.s": "gibibyte second", "count": "count", "GiBy.mo": "gibibyte month", "By.mo": "byte month",
    "GiBy": "gibibyte", "mo": "month", "h": "hour", "GiBy.h": "gibibyte hour",
}  # fmt: skip
Rates = tuple[int, ...]
"""Billionths of a dollar for one unit, each above what the one before holds for."""
PRICES: tuple[tuple[str, str, str, str, Rates], ...] = (
    ("Cloud Run", "Services CPU (Request-based billing)", IOWA, "s", (0, 24_000)),
    ("Cloud Run", "Services CPU Tier 2  (Request-based billing)", SEOUL, "s", (0, 33_600)),
    ("Cloud Run", "Services Memory (Request-based billing)", IOWA, "GiBy.s", (0, 2_500)),
    ("Cloud Run", "Services Memory Tier 2 (Request-based billing)", SEOUL, "GiBy.s", (0, 3_500)),
    ("Cloud Run", "Services Min Instance CPU (Request-based billing)", IOWA, "s", (2_500,)),
    ("Cloud Run", "Services Min Instance CPU Tier 2 (Request-based billing)", SEOUL, "s", (3_500,)),
    ("Cloud Run", "Services Min Instance Memory (Request-based billing)", IOWA, "GiBy.s", (2_500,)),
    ("Cloud Run", "Services Min Instance Memory Tier 2 (Request-based billing)", SEOUL, "GiBy.s", (3_500,)),
    ("Cloud Run", f"Services CPU (Instance-based billing) in in {SEOUL}", SEOUL, "s", (0, 21_600)),
    ("Cloud Run", f"Services CPU (Instance-based billing) in {IOWA}", IOWA, "s", (0, 18_000)),
    ("Cloud Run", f"Services Memory (Instance-based billing) in {SEOUL}", SEOUL, "GiBy.s", (0, 2_400)),
    ("Cloud Run", f"Services Memory (Instance-based billing) in {IOWA}", IOWA, "GiBy.s", (0, 2_000)),
    ("Cloud Run", f"Jobs CPU in {SEOUL}", SEOUL, "s", (0, 25_200)),
    ("Cloud Run", "Requests", "global", "count", (0, 400)),
    ("App Engine", "Cloud Firestore Read Ops", IOWA, "count", (0, 300)),
    ("App Engine", "Cloud Firestore Read Ops Seoul", SEOUL, "count", (0, 380)),
    ("App Engine", "Cloud Firestore Read Ops (named databases)", SEOUL, "count", (380,)),
    ("App Engine", "Cloud Firestore Entity Writes", IOWA, "count", (0, 900)),
    ("App Engine", "Cloud Firestore Entity Writes Seoul", SEOUL, "count", (0, 1_150)),
    ("App Engine", "Cloud Firestore Storage Seoul", SEOUL, "GiBy.mo", (0, 180_000_000)),
    ("Cloud Storage", "Standard Storage Seoul", SEOUL, "GiBy.mo", (23_000_000,)),
    ("Cloud Storage", "Standard Storage US Regional", IOWA, "GiBy.mo", (0, 20_000_000)),
    ("Cloud Storage", "Standard Storage Asia Multi-Region", SEOUL, "GiBy.mo", (26_000_000,)),
    ("Cloud Storage", "Regional Standard Class A Operations", "global", "count", (0, 5_000)),
    ("Cloud Storage", "Regional Standard Class B Operations", "global", "count", (0, 400)),
    ("Cloud Run", f"{OUT} North America to North America", IOWA, "GiBy", (0, 105_000_000, 80_000_000)),
    ("Cloud Run", f"{OUT} North America to Europe", IOWA, "GiBy", (0, 120_000_000)),
    ("Cloud Run", f"{OUT} Asia to Asia", SEOUL, "GiBy", (0, 150_000_000)),
    ("Artifact Registry", "Artifact Registry Storage", "global", "By.mo", (0, 100_000_000)),
    ("Secret Manager", "Secret version replica storage", "global", "mo", (0, 60_000_000)),
    ("Secret Manager", "Secret access operations", "global", "count", (0, 3_000)),
    ("Cloud Logging", "Log Storage cost", "global", "GiBy", (0, 500_000_000)),
    ("Cloud Scheduler", "Jobs", "global", "mo", (0, 100_000_000)),
    ("Cloud Tasks", "Queue Operations", "global", "count", (0, 500)),
    ("Compute Engine", "E2 Instance Core running in Americas", IOWA, "h", (21_811_590,)),
    ("Compute Engine", "E2 Instance Ram running in Americas", IOWA, "GiBy.h", (2_923_530,)),
    ("Compute Engine", "E2 Instance Core running in Seoul", SEOUL, "h", (27_982_860,)),
    ("Compute Engine", "E2 Instance Ram running in Seoul", SEOUL, "GiBy.h", (3_750_000,)),
    ("Compute Engine", "Balanced PD Capacity", IOWA, "GiBy.mo", (100_000_000,)),
    ("Compute Engine", "Balanced PD Capacity in Seoul", SEOUL, "GiBy.mo", (130_000_000,)),
)


@methods("cloudbilling.v1", "services.list")
def services(world: World, call: Call) -> Json:
    found = [{"name": f"services/{each}", "serviceId": each, "displayName": SERVICES[each]} for each in SERVICES]
    return {"services": found}


@methods("cloudbilling.v1", "services.skus.list")
def skus(world: World, call: Call) -> Json:
    title = SERVICES.get(call.name.split("/")[1], "")
    found = [_sku(number, each) for number, each in enumerate(PRICES) if each[0] == title]
    begins = int(call.asked("pageToken") or 0)
    following = {"nextPageToken": str(begins + PAGE)} if len(found) > begins + PAGE else {}
    return {"skus": found[begins : begins + PAGE], **following}


def _sku(number: int, price: tuple[str, str, str, str, Rates]) -> Json:
    service, description, region, unit, rates = price
    identifier = f"{number:04X}-0000-0000"
    tiers = [
        {
            "startUsageAmount": 180_000 * tier,
            "unitPrice": {"currencyCode": "USD", "units": str(rate // 10**9), "nanos": rate % 10**9},
        }
        for tier, rate in enumerate(rates)
    ]
    return {
        "name": f"services/{service}/skus/{identifier}",
        "skuId": identifier,
        "description": description,
        "category": {
            "serviceDisplayName": service,
            "resourceFamily": FAMILIES.get(service, "ApplicationServices"),
            "resourceGroup": "Network" if description.startswith(OUT) else "Misc",
            "usageType": "OnDemand",
        },
        "serviceRegions": [region],
        "geoTaxonomy": {"type": "GLOBAL"} if region == "global" else {"type": "REGIONAL", "regions": [region]},
        "pricingInfo": [
            {
                "effectiveTime": "2026-11-30T00:00:00Z",
                "summary": "",
                "pricingExpression": {
                    "usageUnit": unit,
                    "usageUnitDescription": UNITS[unit],
                    "baseUnit": unit,
                    "baseUnitDescription": UNITS[unit],
                    "baseUnitConversionFactor": 1,
                    "displayQuantity": 1,
                    "tieredRates": tiers,
                },
                "aggregationInfo": {
                    "aggregationLevel": "ACCOUNT",
                    "aggregationInterval": "MONTHLY",
                    "aggregationCount": 1,
                },
                "currencyConversionRate": 1,
            }
        ],
        "serviceProviderName": "Google",
    }
