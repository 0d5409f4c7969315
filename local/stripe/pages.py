"""The hosted pages: Checkout and the customer portal, as a browser can press them."""

from html import escape

from local.stripe.cards import LAST_DIGITS, TITLES
from local.stripe.checkout import DELAYED, price_of
from local.stripe.errors import StripeError
from local.stripe.portal import due_now
from local.stripe.state import Json
from local.stripe.statuses import OVER
from local.stripe.world import World

STYLE = "body{font:16px system-ui;max-width:38rem;margin:3rem auto;padding:0 1rem;line-height:1.6}"
STYLE += "form{margin:.5rem 0}button{font:inherit;padding:.4rem 1rem}[role=alert]{color:#a00}small{color:#666}"


def checkout_page(world: World, session: Json, refused: str = "") -> str:
    """Where a plan is paid for."""
    name = world.need("product", price_of(world, session)["product"])["name"]
    if session["status"] != "open":
        return _page("Checkout", [f"<p>This page can't be paid on any more: it is {session['status']}.</p>"])
    return _page(
        f"Subscribe to {name}",
        [
            f"<p>{_money(session['amount_total'], session['currency'])} per month</p>",
            _alert(refused),
            '<form method="post">',
            _cards(DELAYED),
            "<button>Subscribe</button>",
            "</form>",
            f'<p><a href="{escape(session["cancel_url"])}">Back</a></p>' if session["cancel_url"] else "",
        ],
    )


def portal_page(world: World, session: Json, refused: str = "") -> str:
    """Where a customer sees invoices, and changes card, plan and end of a subscription."""
    customer = world.need("customer", session["customer"])
    features = world.need("billing_portal.configuration", session["configuration"])["features"]
    flow = session["flow"]
    if flow is not None:
        parts = _flow(world, customer, flow)
    else:
        running = [each for each in world.all("subscription", customer=customer["id"]) if each["status"] not in OVER]
        parts = [part for each in running for part in _subscription(world, each, features)]
        parts += _card_form(world, customer) if features["payment_method_update"]["enabled"] else []
        parts += _invoices(world, customer) if features["invoice_history"]["enabled"] else []
    back = f'<p><a href="{escape(session["return_url"])}">Back</a></p>' if session["return_url"] else ""
    return _page("Your subscription", [_alert(refused), *parts, back])


def refused_page(error: StripeError) -> str:
    return _page("Stripe (stand-in)", [_alert(str(error))])


def _subscription(world: World, subscription: Json, features: Json) -> list[str]:
    price = subscription["items"]["data"][0]["price"]
    name = world.need("product", price["product"])["name"]
    parts = [
        f"<h2>{escape(name)}</h2>",
        f"<p>{_money(price['unit_amount'], price['currency'])} per month, {escape(subscription['status'])}</p>",
    ]
    ends = subscription["cancel_at"] is not None
    if ends or subscription["schedule"] is not None:
        what = "Ends with its period." if ends else "Changes with its period."
        label = "Don't cancel subscription" if ends else "Keep the present plan"
        parts += [f"<p>{what}</p>", _button("renew", label, subscription=subscription["id"])]
    elif features["subscription_update"]["enabled"]:
        offered = [each for product in features["subscription_update"]["products"] for each in product["prices"]]
        others = [world.need("price", each) for each in offered if each != price["id"]]
        for each in others:
            title = world.need("product", each["product"])["name"]
            label = f"Change to {title}, {_money(each['unit_amount'], each['currency'])} per month"
            parts.append(_button("change", label, subscription=subscription["id"], price=each["id"]))
    if features["subscription_cancel"]["enabled"] and not ends:
        parts.append(_button("cancel", "Cancel subscription", subscription=subscription["id"]))
    return parts


def _flow(world: World, customer: Json, flow: Json) -> list[str]:
    match flow["type"]:
        case "payment_method_update":
            return _card_form(world, customer)
        case "subscription_cancel":
            subscription = flow["subscription_cancel"]["subscription"]
            return [_button("cancel", "Cancel subscription", subscription=subscription)]
    asked = flow["subscription_update_confirm"]
    subscription = world.need("subscription", asked["subscription"])
    price = world.need("price", asked["items"][0]["price"])
    due = max(0, due_now(world, subscription, price))
    title = world.need("product", price["product"])["name"]
    return [
        f"<p>{escape(title)}, {_money(price['unit_amount'], price['currency'])} per month</p>",
        f"<p>Due today: {_money(due, price['currency'])}</p>",
        _button("change", "Confirm", subscription=subscription["id"], price=price["id"]),
    ]


def _card_form(world: World, customer: Json) -> list[str]:
    default = customer["invoice_settings"]["default_payment_method"]
    card = world.need("payment_method", default) if default else None
    known = f"<p>Card: Visa {card['card']['last4']}</p>" if card else ""
    return [
        known,
        '<form method="post"><input type="hidden" name="do" value="card">',
        _cards(),
        "<button>Update payment method</button></form>",
    ]


def _invoices(world: World, customer: Json) -> list[str]:
    parts = ["<h2>Invoices</h2>"]
    for each in [*world.all("invoice", customer=customer["id"])][::-1]:
        parts.append(
            f"<p>{escape(each['number'] or 'Draft')}: {_money(each['total'], each['currency'])}, {each['status']}</p>"
        )
        if each["status"] == "open":
            parts.append(_button("pay", f"Pay {each['number']}", invoice=each["id"]))
    return parts


def _cards(*more: str) -> str:
    titles = {**TITLES, DELAYED: "Bank debit: the bank tells later"}
    options = "".join(f'<option value="{each}">{escape(titles[each])}</option>' for each in (*LAST_DIGITS, *more))
    return f'<p><label>Card <select name="card">{options}</select></label></p>'


def _button(do: str, label: str, **fields: str) -> str:
    hidden = {"do": do, **fields}
    inputs = "".join(f'<input type="hidden" name="{name}" value="{escape(value)}">' for name, value in hidden.items())
    return f'<form method="post">{inputs}<button>{escape(label)}</button></form>'


def _alert(text: str) -> str:
    return f'<p role="alert">{escape(text)}</p>' if text else ""


def _money(amount: int, currency: str) -> str:
    return f"{'-' if amount < 0 else ''}{abs(amount) // 100}.{abs(amount) % 100:02} {currency.upper()}"


def _page(title: str, parts: list[str]) -> str:
    head = f'<meta charset="utf-8"><title>{escape(title)}</title><style>{STYLE}</style>'
    note = "<p><small>A stand-in of Stripe. No money moves.</small></p>"
    body = f"<h1>{escape(title)}</h1>{''.join(parts)}{note}"
    return f'<!doctype html><html lang="en"><head>{head}</head><body>{body}</body></html>'
