"""GraphQL nodes in the form of the webhooks, so that one translator reads both.

Enumerations come in capitals here and in small letters there, ids as `gid://…` and connections as
`nodes`; nothing is calculated.
"""

from __future__ import annotations

from typing import Any

from backshop.commerce import tracking_number

Json = dict[str, Any]
HOME_PAGE = "frontpage"
"""The handle of the collection that Shopify makes with each shop, of what its home page shows."""


def rest_id(gid: str | None) -> int | None:
    """The number of a global id."""
    last = (gid or "").rpartition("/")[2].partition("?")[0]
    return int(last) if last.isdigit() else None


def order(node: Json) -> Json:
    """An order; `refunds` are whole refunds by now, not the ids that a page of orders has."""
    return {
        **_numbered(node),
        "name": node["name"],
        "created_at": node["createdAt"],
        "updated_at": node["updatedAt"],
        "processed_at": node["processedAt"],
        "cancelled_at": node["cancelledAt"],
        "test": node["test"],
        "email": node["email"],
        "phone": node["phone"],
        "currency": node["currencyCode"],
        "taxes_included": node["taxesIncluded"],
        "financial_status": _small(node["displayFinancialStatus"]),
        "fulfillment_status": _small(node["displayFulfillmentStatus"]),
        "source_name": node["sourceName"],
        "payment_gateway_names": node["paymentGatewayNames"],
        "tags": _tags(node["tags"]),
        "discount_codes": [{"code": code} for code in node["discountCodes"]],
        "note_attributes": _pairs(node["customAttributes"]),
        "total_price": _money(node["totalPriceSet"]),
        "total_received": _money(node["totalReceivedSet"]),
        "total_tax": _money(node["totalTaxSet"]) or "0",
        "total_discounts": _money(node["totalDiscountsSet"]) or "0",
        "customer": _buyer(node["customer"]) if node["customer"] else None,
        "billing_address": _address(node["billingAddress"]),
        "shipping_address": _address(node["shippingAddress"]),
        "discount_applications": _applications(node["discountApplications"]["nodes"]),
        "line_items": [_line(each) for each in node["lineItems"]["nodes"]],
        "shipping_lines": [_shipping_line(each) for each in node["shippingLines"]["nodes"]],
        "fulfillments": [_fulfillment(each) for each in node["fulfillments"]],
        "refunds": [refund(each, node["id"]) for each in node["refunds"]],
    }


def _line(node: Json) -> Json:
    return {
        **_numbered(node),
        "title": node["title"],
        "variant_title": node["variantTitle"],
        "sku": node["sku"],
        "vendor": node["vendor"],
        "quantity": node["quantity"],
        "price": _money(node["originalUnitPriceSet"]),
        "product_id": rest_id(node["product"]["id"]) if node["product"] else None,
        "variant_id": rest_id(node["variant"]["id"]) if node["variant"] else None,
        "properties": _pairs(node["customAttributes"]),
        "tax_lines": _taxes(node["taxLines"]),
        "discount_allocations": _allocations(node["discountAllocations"]),
    }


def _shipping_line(node: Json) -> Json:
    return {
        "price": _money(node["originalPriceSet"]),
        "tax_lines": _taxes(node["taxLines"]),
        "discount_allocations": _allocations(node["discountAllocations"]),
    }


def _taxes(nodes: list[Json]) -> list[Json]:
    return [{"price": _money(each["priceSet"]), "rate": each["rate"]} for each in nodes]


def _allocations(nodes: list[Json]) -> list[Json]:
    return [
        {
            "amount": _money(each["allocatedAmountSet"]),
            "discount_application_index": each["discountApplication"]["index"],
        }
        for each in nodes
    ]


def _applications(nodes: list[Json]) -> list[Json]:
    """By their index, under which the webhook's list has them."""
    applications: list[Json] = [
        {} for _ in range(max((each["index"] for each in nodes), default=-1) + 1)
    ]
    for each in nodes:
        applications[each["index"]] = {"type": each["__typename"], "code": each.get("code")}
    return applications


def _fulfillment(node: Json) -> Json:
    tracking = node["trackingInfo"]
    return {
        "status": _small(node["status"]),
        "shipment_status": _small(node["displayStatus"]),
        "created_at": node["createdAt"],
        "updated_at": node["updatedAt"],
        "tracking_number": tracking_number(*[each["number"] for each in tracking]),
    }


def refund(node: Json, order_id: str) -> Json:
    return {
        **_numbered(node),
        "order_id": rest_id(order_id),
        "created_at": node["createdAt"],
        "processed_at": node["processedAt"],
        "note": node["note"],
        "refund_line_items": [
            {
                "line_item": {"admin_graphql_api_id": each["lineItem"]["id"]},
                "quantity": each["quantity"],
                "subtotal": _money(each["subtotalSet"]),
                "total_tax": _money(each["totalTaxSet"]),
            }
            for each in node["refundLineItems"]["nodes"]
        ],
        "refund_shipping_lines": [
            {
                "subtotal_amount_set": {"shop_money": each["subtotalAmountSet"]["shopMoney"]},
                "tax_amount_set": {"shop_money": each["taxAmountSet"]["shopMoney"]},
            }
            for each in node["refundShippingLines"]["nodes"]
        ],
        "transactions": [
            {
                "kind": _small(each["kind"]),
                "status": _small(each["status"]),
                "amount": _money(each["amountSet"]),
            }
            for each in node["transactions"]["nodes"]
        ],
    }


def _buyer(node: Json) -> Json:
    return {
        **_numbered(node),
        "first_name": node["firstName"],
        "last_name": node["lastName"],
        "email": (node["defaultEmailAddress"] or {}).get("emailAddress"),
        "phone": (node["defaultPhoneNumber"] or {}).get("phoneNumber"),
    }


def customer(node: Json) -> Json:
    default = (node["defaultAddress"] or {}).get("id")
    email = node["defaultEmailAddress"] or {}
    return {
        **_buyer(node),
        "created_at": node["createdAt"],
        "updated_at": node["updatedAt"],
        "state": _small(node["state"]),
        "tags": _tags(node["tags"]),
        "verified_email": node["verifiedEmail"],
        "email_marketing_consent": _mail_consent(email),
        "sms_marketing_consent": _sms_consent(node["defaultPhoneNumber"] or {}),
        "metafields": node["metafields"]["nodes"] if "metafields" in node else None,
        "addresses": [
            {**(_address(each) or {}), "id": rest_id(each["id"]), "default": each["id"] == default}
            for each in node["addressesV2"]["nodes"]
        ],
    }


def _mail_consent(node: Json) -> Json:
    return {
        "state": _small(node.get("marketingState")),
        "opt_in_level": _small(node.get("marketingOptInLevel")),
        "consent_updated_at": node.get("marketingUpdatedAt"),
    }


def _sms_consent(node: Json) -> Json:
    consent = node.get("smsMarketingConsent") or {}
    return {
        "state": _small(consent.get("state")),
        "opt_in_level": _small(consent.get("optInLevel")),
        "consent_updated_at": consent.get("updatedAt"),
        "consent_collected_from": _small(consent.get("collectedFrom")),
    }


def product(node: Json) -> Json:
    return {
        **_numbered(node),
        "title": node["title"],
        "body_html": node["descriptionHtml"],
        "handle": node["handle"],
        "vendor": node["vendor"],
        "product_type": node["productType"],
        "status": _small(node["status"]),
        "tags": _tags(node["tags"]),
        "created_at": node["createdAt"],
        "updated_at": node["updatedAt"],
        "variants": [_variant(each) for each in node["variants"]["nodes"]],
        "collections": _collections(node.get("collections")),
    }


def _collections(payload: Json | None) -> list[Json] | None:
    """A product's collections that say what it is; None where they are not told."""
    if payload is None:
        return None
    named = [each for each in payload["nodes"] if each.get("handle") != HOME_PAGE]
    return [{**_numbered(each), "title": each["title"]} for each in named]


def _variant(node: Json) -> Json:
    return {
        **_numbered(node),
        "title": node["title"],
        "sku": node["sku"],
        "price": node["price"],
        "compare_at_price": node["compareAtPrice"],
        "inventory_quantity": node["inventoryQuantity"],
        "inventory_policy": _small(node["inventoryPolicy"]),
        "available_for_sale": node["availableForSale"],
    }


def collection(node: Json) -> Json:
    count = node.get("productsCount") or {}
    return {
        **_numbered(node),
        "title": node["title"],
        "updated_at": node["updatedAt"],
        "products_count": count.get("count"),
    }


def discount(node: Json) -> Json:
    discount = node["discount"]
    codes = (discount.get("codes") or {}).get("nodes") or []
    kind, amount = _worth((discount.get("customerGets") or {}).get("value") or {})
    return {
        "admin_graphql_api_id": node["id"].replace("/DiscountNode/", "/DiscountCodeNode/"),
        "title": discount.get("title"),
        "status": _small(discount.get("status")),
        "created_at": discount.get("createdAt"),
        "updated_at": discount.get("updatedAt"),
        "redeem_code": {"code": codes[0]["code"]} if codes else None,
        "type": kind or discount["__typename"],
        "amount": amount,
        "usage_count": discount.get("asyncUsageCount") or 0,
        "ends_at": discount.get("endsAt"),
    }


def _worth(value: Json) -> tuple[str | None, str | None]:
    if value.get("__typename") == "DiscountAmount":
        return "fixed_amount", value["amount"]["amount"]
    if value.get("__typename") == "DiscountPercentage":
        return "percentage", str(round(value["percentage"] * 100, 4))
    return None, None


def _numbered(node: Json) -> Json:
    return {"id": rest_id(node["id"]), "admin_graphql_api_id": node["id"]}


def _address(node: Json | None) -> Json | None:
    if node is None:
        return None
    return {
        "first_name": node["firstName"],
        "last_name": node["lastName"],
        "company": node["company"],
        "address1": node["address1"],
        "address2": node["address2"],
        "city": node["city"],
        "province": node["province"],
        "province_code": node["provinceCode"],
        "zip": node["zip"],
        "country_code": node["countryCodeV2"],
        "phone": node["phone"],
    }


def _pairs(nodes: list[Json]) -> list[Json]:
    return [{"name": each["key"], "value": each["value"]} for each in nodes]


def _money(bag: Json | None) -> str | None:
    return bag["shopMoney"]["amount"] if bag else None


def _tags(tags: list[str]) -> str:
    return ", ".join(tags)


def _small(word: str | None) -> str | None:
    return word.lower() if word else None
