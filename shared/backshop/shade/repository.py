"""The SQL of the shade funnel; each function acts on the transaction's store.

Everybody locks in one order: the kit order, the customer, the discount.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from psycopg.types.json import Jsonb

from backshop.db import Tx
from backshop.shade.models import Answers, Discount, Item, Match, Shade, Tally, Terms
from backshop.shade.rules import Window

Row = dict[str, Any]

_LIVE_KIT = """o.product_type = 'shade_kit' AND NOT o.is_cancelled
    AND (o.refunded_amount < o.total_amount OR o.total_amount = 0)"""
"""A kit that was not given back."""


# ------------------------------------------------------------------------------- catalogue


def shades(tx: Tx) -> list[Shade]:
    """The store's shades, lightest first."""
    rows = tx.execute(
        """SELECT name, depth, undertone, finish, swatch, variant_ids, good_for, not_for, is_offered
           FROM shade.shades ORDER BY depth, undertone, name"""
    ).fetchall()
    return [Shade(**row) for row in rows]


def save_shades(tx: Tx, given: Sequence[Shade]) -> None:
    """Make these the store's shades. One that is missing stays, because answers name it, and is
    offered no longer."""
    tx.execute(
        """UPDATE shade.shades SET is_offered = false, updated_at = now()
           WHERE is_offered AND lower(name) <> ALL (%s)""",
        ([each.name.lower() for each in given],),
    )
    tx.cursor().executemany(
        """INSERT INTO shade.shades
             (store_id, name, depth, undertone, finish, swatch, variant_ids, good_for, not_for,
              is_offered)
           VALUES (backshop.current_store_id(), %(name)s, %(depth)s, %(undertone)s, %(finish)s,
                   %(swatch)s, %(variant_ids)s, %(good_for)s, %(not_for)s, %(is_offered)s)
           ON CONFLICT (store_id, lower(name)) DO UPDATE SET
             name = excluded.name, depth = excluded.depth, undertone = excluded.undertone,
             finish = excluded.finish, swatch = excluded.swatch,
             variant_ids = excluded.variant_ids, good_for = excluded.good_for,
             not_for = excluded.not_for, is_offered = excluded.is_offered, updated_at = now()""",
        [
            each.model_dump(exclude={"variant_ids", "good_for", "not_for"})
            | {name: list(getattr(each, name)) for name in ("variant_ids", "good_for", "not_for")}
            for each in sorted(given, key=lambda shade: shade.name.lower())
        ],
    )


def in_stock(tx: Tx, variant_ids: Collection[int]) -> frozenset[int]:
    """Those of the variants that can be bought now; one that is unknown cannot."""
    rows = tx.execute(
        "SELECT variant_id FROM shade.variants WHERE is_available AND variant_id = ANY (%s)",
        (list(variant_ids),),
    )
    return frozenset(row["variant_id"] for row in rows)


def tallies(tx: Tx) -> list[Tally]:
    """All ratings of shades: how the tried one fits, and how well a recommended one did."""
    rows = tx.execute(
        """SELECT rated.name AS shade, tried.depth, tried.undertone, skin_type,
             count(*)::int AS number, sum(rating)::int AS total
           FROM (
             SELECT shade_selected AS shade, shade_selected, skin_type, shade_fit_rating AS rating
             FROM shade.surveys WHERE shade_fit_rating IS NOT NULL
             UNION ALL
             SELECT r.recommended_shade, s.shade_selected, s.skin_type, t.match_accuracy_rating
             FROM shade.model_training_data AS t
             INNER JOIN shade.surveys AS s ON t.store_id = s.store_id AND t.survey_id = s.id
             INNER JOIN shade.recommendations AS r
               ON s.store_id = r.store_id AND s.id = r.survey_id
             WHERE t.match_accuracy_rating IS NOT NULL
           ) AS given
           INNER JOIN shade.shades AS rated ON lower(given.shade) = lower(rated.name)
           INNER JOIN shade.shades AS tried ON lower(given.shade_selected) = lower(tried.name)
           GROUP BY 1, 2, 3, 4"""
    ).fetchall()
    return [Tally(**row) for row in rows]


# ------------------------------------------------------------------------------- invitations


def kits_to_invite(tx: Tx, window: Window, channel: str, limit: int) -> list[UUID]:
    """Invite for kits that are due and were never invited for, those that arrived first first;
    their order ids. Customers who cannot be reached on the channel are left alone."""
    rows = tx.execute(
        f"""INSERT INTO shade.survey_invites (store_id, order_id, channel)
            SELECT o.store_id, o.id, %(channel)s
            FROM shade.orders AS o
            INNER JOIN shade.customers AS c ON o.store_id = c.store_id AND o.customer_id = c.id
            WHERE {_LIVE_KIT} AND o.fulfilled_at IS NOT NULL
              AND CASE WHEN o.delivered_at IS NULL
                    THEN o.fulfilled_at > %(fulfilled_from)s AND o.fulfilled_at <= %(fulfilled_to)s
                    ELSE o.delivered_at > %(delivered_from)s AND o.delivered_at <= %(delivered_to)s
                  END
              AND coalesce(CASE WHEN %(channel)s = 'sms' THEN c.phone_number ELSE c.email END, '')
                  <> ''
              AND NOT EXISTS (SELECT FROM shade.survey_invites AS i
                              WHERE i.store_id = o.store_id AND i.order_id = o.id)
              AND NOT EXISTS (SELECT FROM shade.surveys AS s
                              WHERE s.store_id = o.store_id AND s.order_id = o.id)
            ORDER BY o.fulfilled_at, o.id
            LIMIT %(limit)s
            ON CONFLICT DO NOTHING
            RETURNING order_id""",
        {
            "channel": channel,
            "delivered_from": window.delivered[0],
            "delivered_to": window.delivered[1],
            "fulfilled_from": window.fulfilled[0],
            "fulfilled_to": window.fulfilled[1],
            "limit": limit,
        },
    )
    return [row["order_id"] for row in rows]


class Invite(NamedTuple):
    """An invitation and whom it goes to."""

    channel: str
    status: str
    email: str | None
    phone_number: str | None
    first_name: str | None
    is_live: bool
    """The kit was not given back, and its survey was not answered yet."""


def invite(tx: Tx, order_id: UUID) -> Invite | None:
    row = tx.execute(
        f"""SELECT i.channel, i.status, c.email, c.phone_number, c.first_name,
              {_LIVE_KIT} AND NOT EXISTS (
                SELECT FROM shade.surveys AS s
                WHERE s.store_id = o.store_id AND s.order_id = o.id) AS is_live
            FROM shade.survey_invites AS i
            INNER JOIN shade.orders AS o ON i.store_id = o.store_id AND i.order_id = o.id
            INNER JOIN shade.customers AS c ON o.store_id = c.store_id AND o.customer_id = c.id
            WHERE i.order_id = %s""",
        (order_id,),
    ).fetchone()
    return Invite(**row) if row else None


def set_invite(tx: Tx, order_id: UUID, status: str, at: datetime | None = None) -> None:
    tx.execute(
        """UPDATE shade.survey_invites SET status = %s, sent_at = coalesce(%s, sent_at)
           WHERE order_id = %s""",
        (status, at, order_id),
    )


# ------------------------------------------------------------------------------- surveys


class Kit(NamedTuple):
    """A kit order, as far as its survey needs it."""

    order_id: UUID
    customer_id: UUID | None
    currency: str
    is_live: bool


def kit(tx: Tx, order_id: UUID, *, lock: bool = False) -> Kit | None:
    """The kit order; locked, it is held until the end of the transaction: its survey is saved
    once."""
    row = tx.execute(
        f"""SELECT o.id AS order_id, o.customer_id, o.currency, {_LIVE_KIT} AS is_live
            FROM shade.orders AS o WHERE o.id = %s {"FOR NO KEY UPDATE" if lock else ""}""",
        (order_id,),
    ).fetchone()
    return Kit(**row) if row else None


def survey_of(tx: Tx, order_id: UUID) -> UUID | None:
    row = tx.execute("SELECT id FROM shade.surveys WHERE order_id = %s", (order_id,)).fetchone()
    return row["id"] if row else None


def add_survey(tx: Tx, kit: Kit, answers: Answers, at: datetime) -> UUID:
    row = tx.execute(
        """INSERT INTO shade.surveys
             (store_id, customer_id, order_id, shade_selected, shade_fit_rating, skin_type,
              skin_concerns, finish_preference, texture_feedback, interested_in_addons,
              survey_completed_at)
           VALUES (backshop.current_store_id(), %(customer_id)s, %(order_id)s, %(shade_selected)s,
                   %(shade_fit_rating)s, %(skin_type)s, %(skin_concerns)s, %(finish_preference)s,
                   %(texture_feedback)s, %(interested_in_addons)s, %(at)s)
           RETURNING id""",
        {
            **answers.model_dump(),
            "skin_concerns": list(answers.skin_concerns),
            "interested_in_addons": list(answers.interested_in_addons),
            "customer_id": kit.customer_id,
            "order_id": kit.order_id,
            "at": at,
        },
    ).fetchone()
    assert row is not None
    id: UUID = row["id"]
    return id


class Recommended(NamedTuple):
    """What is saved of a recommendation."""

    id: UUID
    survey_id: UUID
    match: Match
    items: Sequence[Item]
    cart_url: str | None
    click_url: str | None
    discount_id: UUID | None


def add_recommendation(tx: Tx, given: Recommended, customer_id: UUID | None, at: datetime) -> None:
    """Save a recommendation, and with it the attempt to convert."""
    of = {
        **given._asdict(),
        "customer_id": customer_id,
        "match": Jsonb(given.match.model_dump(mode="json")),
        "shade": given.match.best.shade if given.match.best else None,
        "bundle": [each.name for each in given.items],
        "at": at,
    }
    tx.execute(
        """INSERT INTO shade.recommendations
             (store_id, id, survey_id, recommended_shade, recommended_bundle, cart_url, click_url,
              discount_id, match, created_at)
           VALUES (backshop.current_store_id(), %(id)s, %(survey_id)s, %(shade)s, %(bundle)s,
                   %(cart_url)s, %(click_url)s, %(discount_id)s, %(match)s, %(at)s)""",
        of,
    )
    tx.execute(
        """INSERT INTO shade.conversions
             (store_id, customer_id, survey_id, discount_id, recommendation_id, created_at)
           VALUES (backshop.current_store_id(), %(customer_id)s, %(survey_id)s, %(discount_id)s,
                   %(id)s, %(at)s)""",
        of,
    )


def recommendation(tx: Tx, survey_id: UUID) -> Row | None:
    """id, survey_id, recommended_shade, recommended_bundle, cart_url, click_url, discount_id, match."""
    return tx.execute(
        """SELECT id, survey_id, recommended_shade, recommended_bundle, cart_url, click_url,
             discount_id, match
           FROM shade.recommendations WHERE survey_id = %s""",
        (survey_id,),
    ).fetchone()


def note_click(tx: Tx, recommendation_id: UUID, at: datetime) -> Row | None:
    """Count a click and remember where the first one led: cart_url and the discount's id."""
    return tx.execute(
        """UPDATE shade.conversions AS c SET
             clicks = clicks + 1, clicked_at = coalesce(c.clicked_at, %(at)s),
             cart_url = coalesce(c.cart_url, r.cart_url)
           FROM shade.recommendations AS r
           WHERE r.store_id = c.store_id AND r.id = c.recommendation_id
             AND c.recommendation_id = %(id)s
           RETURNING r.cart_url, r.discount_id""",
        {"id": recommendation_id, "at": at},
    ).fetchone()


def rate(tx: Tx, survey_id: UUID, rating: int, notes: str | None, at: datetime) -> None:
    """Keep how well the recommended shade did; a later word takes the place of an earlier one and
    may be trained on anew."""
    tx.execute(
        """INSERT INTO shade.model_training_data AS held
             (store_id, survey_id, match_accuracy_rating, feedback_notes, rated_at)
           VALUES (backshop.current_store_id(), %(survey)s, %(rating)s, %(notes)s, %(at)s)
           ON CONFLICT (store_id, survey_id) DO UPDATE SET
             match_accuracy_rating = excluded.match_accuracy_rating,
             feedback_notes = excluded.feedback_notes, rated_at = excluded.rated_at,
             used_for_training = false
           WHERE (held.match_accuracy_rating, held.feedback_notes)
             IS DISTINCT FROM (excluded.match_accuracy_rating, excluded.feedback_notes)""",
        {"survey": survey_id, "rating": rating, "notes": notes, "at": at},
    )


# ------------------------------------------------------------------------------- discounts

_DISCOUNT = """id, customer_id, discount_code, amount, currency, status, used, applied_to_order_id,
    expires_at, created_at, activated_at, external_id"""


def find_customer(
    tx: Tx, *, shopify_id: str | None = None, email: str | None = None
) -> UUID | None:
    """The customer with this Shopify id, or the newest with this address."""
    row = tx.execute(
        """SELECT id FROM shade.customers
           WHERE shopify_customer_id = %(shopify_id)s
             OR (%(shopify_id)s::text IS NULL AND lower(email) = lower(%(email)s))
           ORDER BY created_at DESC, id LIMIT 1""",
        {"shopify_id": shopify_id, "email": email},
    ).fetchone()
    return row["id"] if row else None


def customer_by_email(tx: Tx, email: str) -> UUID:
    """The customer of a store whose customers are known by address alone; made where there is
    none."""
    row = tx.execute(
        """INSERT INTO shade.customers AS held (store_id, email)
           VALUES (backshop.current_store_id(), %s)
           ON CONFLICT (store_id, lower(email))
             WHERE shopify_customer_id IS NULL AND email IS NOT NULL
           DO UPDATE SET email = held.email
           RETURNING id""",
        (email,),
    ).fetchone()
    assert row is not None
    id: UUID = row["id"]
    return id


def lock_customer(tx: Tx, customer_id: UUID) -> bool:
    """Hold the customer until the end of the transaction: their discounts are made one by one."""
    row = tx.execute(
        "SELECT id FROM shade.customers WHERE id = %s FOR NO KEY UPDATE", (customer_id,)
    ).fetchone()
    return row is not None


def open_discount(tx: Tx, customer_id: UUID, at: datetime) -> Discount | None:
    """The customer's discount that can still be used or is on its way to the shop; one that ended
    meanwhile is closed. Lock the customer first."""
    tx.execute(
        """UPDATE shade.discounts SET status = 'expired'
           WHERE customer_id = %s AND status IN ('pending', 'active') AND NOT used
             AND expires_at <= %s""",
        (customer_id, at),
    )
    row = tx.execute(
        f"""SELECT {_DISCOUNT} FROM shade.discounts
            WHERE customer_id = %s AND status IN ('pending', 'active') AND NOT used""",
        (customer_id,),
    ).fetchone()
    return Discount(**row) if row else None


def add_discount(
    tx: Tx, customer_id: UUID, code: str, terms: Terms, at: datetime
) -> Discount | None:
    """A discount that the shop has yet to be told of; None where the code is taken."""
    row = tx.execute(
        f"""INSERT INTO shade.discounts
              (store_id, customer_id, discount_code, amount, currency, expires_at, created_at)
            VALUES (backshop.current_store_id(), %(customer)s, %(code)s, %(amount)s, %(currency)s,
                    %(expires_at)s, %(at)s)
            ON CONFLICT (store_id, discount_code) DO NOTHING
            RETURNING {_DISCOUNT}""",
        {"customer": customer_id, "code": code, "at": at, **terms._asdict()},
    ).fetchone()
    return Discount(**row) if row else None


def discount(tx: Tx, id: UUID, *, lock: bool = False) -> Discount | None:
    row = tx.execute(
        f"""SELECT {_DISCOUNT} FROM shade.discounts WHERE id = %s
            {"FOR NO KEY UPDATE" if lock else ""}""",
        (id,),
    ).fetchone()
    return Discount(**row) if row else None


def discounts(
    tx: Tx, status: str | None, before: tuple[datetime, UUID] | None, limit: int
) -> list[Discount]:
    """The store's discounts, newest first, from before a place in that order on."""
    rows = tx.execute(
        f"""SELECT {_DISCOUNT} FROM shade.discounts
            WHERE (%(status)s::text IS NULL OR status = %(status)s)
              AND (%(at)s::timestamptz IS NULL OR (created_at, id) < (%(at)s, %(id)s::uuid))
            ORDER BY created_at DESC, id DESC LIMIT %(limit)s""",
        {
            "status": status,
            "at": before[0] if before else None,
            "id": before[1] if before else None,
            "limit": limit,
        },
    ).fetchall()
    return [Discount(**row) for row in rows]


class Holder(NamedTuple):
    """Whose discount it is."""

    email: str | None
    phone_number: str | None
    first_name: str | None
    shopify_customer_id: str | None


def holder(tx: Tx, discount_id: UUID) -> Holder | None:
    row = tx.execute(
        """SELECT c.email, c.phone_number, c.first_name, c.shopify_customer_id
           FROM shade.discounts AS d
           INNER JOIN shade.customers AS c ON d.store_id = c.store_id AND d.customer_id = c.id
           WHERE d.id = %s""",
        (discount_id,),
    ).fetchone()
    return Holder(**row) if row else None


def activate(tx: Tx, id: UUID, external_id: str, at: datetime) -> bool:
    """The shop has it now: the customer may. False where it was ended meanwhile. A failed one that
    staff had tried again is open again, if its customer got no other one since."""
    changed = tx.execute(
        """UPDATE shade.discounts AS d SET
             external_id = %(external_id)s,
             activated_at = coalesce(activated_at, %(at)s),
             status = CASE
               WHEN d.status = 'failed' AND EXISTS (
                 SELECT FROM shade.discounts AS o
                 WHERE o.store_id = d.store_id AND o.customer_id = d.customer_id AND o.id <> d.id
                   AND o.status IN ('pending', 'active') AND NOT o.used) THEN 'revoking'
               WHEN d.status IN ('pending', 'failed') THEN 'active'
               ELSE d.status END
           WHERE id = %(id)s RETURNING status""",
        {"id": id, "external_id": external_id, "at": at},
    ).fetchone()
    return changed is not None and changed["status"] == "active"


def set_status(tx: Tx, id: UUID, status: str, *, only: Collection[str]) -> bool:
    """Move a discount on from one of the statuses `only`; whether it was there."""
    done = tx.execute(
        "UPDATE shade.discounts SET status = %s WHERE id = %s AND status = ANY (%s)",
        (status, id, list(only)),
    )
    return done.rowcount == 1


def told(tx: Tx, id: UUID) -> str | None:
    row = tx.execute("SELECT told FROM shade.discounts WHERE id = %s", (id,)).fetchone()
    return row["told"] if row else None


def set_told(tx: Tx, id: UUID, told: str | None) -> None:
    tx.execute("UPDATE shade.discounts SET told = %s WHERE id = %s", (told, id))


def click_url(tx: Tx, discount_id: UUID) -> str | None:
    """The link of the newest recommendation that carries the discount."""
    row = tx.execute(
        """SELECT click_url FROM shade.recommendations
           WHERE discount_id = %s AND cart_url IS NOT NULL
           ORDER BY created_at DESC, id LIMIT 1""",
        (discount_id,),
    ).fetchone()
    return row["click_url"] if row else None


def expire_discounts(tx: Tx, at: datetime) -> int:
    """Close what ended unused, in every store that the transaction sees; the shop ended it by
    itself, at the time that it was given."""
    return tx.execute(
        """UPDATE shade.discounts SET status = 'expired'
           WHERE status IN ('pending', 'active') AND NOT used AND expires_at <= %s""",
        (at,),
    ).rowcount


def end_discounts_of_returned_kits(tx: Tx, limit: int) -> list[UUID]:
    """Begin to revoke unused discounts whose kit was cancelled or given back whole; their ids."""
    rows = tx.execute(
        f"""UPDATE shade.discounts SET status = 'revoking'
            WHERE id IN (
              SELECT d.id FROM shade.discounts AS d
              INNER JOIN shade.recommendations AS r
                ON d.store_id = r.store_id AND d.id = r.discount_id
              INNER JOIN shade.surveys AS s ON r.store_id = s.store_id AND r.survey_id = s.id
              INNER JOIN shade.orders AS o ON s.store_id = o.store_id AND s.order_id = o.id
              WHERE d.status IN ('pending', 'active') AND NOT d.used
              GROUP BY d.id HAVING NOT bool_or({_LIVE_KIT})
              ORDER BY d.id LIMIT %s)
              AND status IN ('pending', 'active') AND NOT used
            RETURNING id""",
        (limit,),
    )
    return [row["id"] for row in rows]


# ------------------------------------------------------------------------------- numbers


def stores(tx: Tx) -> list[UUID]:
    """Stores whose funnel may have something to do: those with kits; for a transaction that sees
    all of them."""
    rows = tx.execute(
        """SELECT s.id FROM backshop.stores AS s
           WHERE EXISTS (SELECT FROM shade.orders AS o
                         WHERE o.store_id = s.id AND o.product_type = 'shade_kit')
           ORDER BY s.id"""
    )
    return [row["id"] for row in rows]


def funnel(tx: Tx, period: str, zone: str, since: datetime, until: datetime) -> list[Row]:
    """What happened in each period, by currency and shade; money only ever within a currency.

    `shade` is the recommended one, None before there is one. `revenue` is what converted orders
    brought, less what was given back, counted when they were paid.
    """
    return tx.execute(
        """WITH funnel AS (
             SELECT o.id AS order_id, o.currency, o.order_date, s.survey_completed_at,
               r.recommended_shade AS shade, i.sent_at, s.id AS survey_id,
               c.clicked_at, c.converted_at, c.converted, c.order_id AS sale_id
             FROM shade.orders AS o
             LEFT JOIN shade.survey_invites AS i ON o.store_id = i.store_id AND o.id = i.order_id
             LEFT JOIN shade.surveys AS s ON o.store_id = s.store_id AND o.id = s.order_id
             LEFT JOIN shade.recommendations AS r
               ON s.store_id = r.store_id AND s.id = r.survey_id
             LEFT JOIN shade.conversions AS c
               ON r.store_id = c.store_id AND r.id = c.recommendation_id
             WHERE o.product_type = 'shade_kit' AND NOT o.is_cancelled
           ), events AS (
             SELECT 'kits' AS what, order_date AS at, currency, shade, 0::numeric AS money
             FROM funnel
             UNION ALL
             SELECT 'invites', sent_at, currency, shade, 0 FROM funnel WHERE sent_at IS NOT NULL
             UNION ALL
             SELECT 'surveys', survey_completed_at, currency, shade, 0 FROM funnel
             WHERE survey_id IS NOT NULL
             UNION ALL
             SELECT 'discounts', d.activated_at, d.currency, (
               SELECT r.recommended_shade FROM shade.recommendations AS r
               WHERE r.store_id = d.store_id AND r.discount_id = d.id
               ORDER BY r.created_at, r.id LIMIT 1), 0
             FROM shade.discounts AS d WHERE d.activated_at IS NOT NULL
             UNION ALL
             SELECT 'clicks', clicked_at, currency, shade, 0 FROM funnel
             WHERE clicked_at IS NOT NULL
             UNION ALL
             SELECT 'conversions', f.converted_at, o.currency, f.shade,
               o.total_amount - o.refunded_amount
             FROM funnel AS f INNER JOIN shade.orders AS o ON f.sale_id = o.id
             WHERE f.converted
           )
           SELECT to_char(date_trunc(%(period)s, at AT TIME ZONE %(zone)s), 'YYYY-MM-DD') AS period,
             currency, shade,
             count(*) FILTER (WHERE what = 'kits') AS kits,
             count(*) FILTER (WHERE what = 'invites') AS invites,
             count(*) FILTER (WHERE what = 'surveys') AS surveys,
             count(*) FILTER (WHERE what = 'discounts') AS discounts,
             count(*) FILTER (WHERE what = 'clicks') AS clicks,
             count(*) FILTER (WHERE what = 'conversions') AS conversions,
             sum(money) AS revenue
           FROM events WHERE at >= %(since)s AND at < %(until)s
           GROUP BY 1, 2, 3 ORDER BY 1, 2, 3""",
        {"period": period, "zone": zone, "since": since, "until": until},
    ).fetchall()


def training_rows(tx: Tx, *, only_new: bool) -> list[Row]:
    """Every rated match with what it was made from, nobody named; marked as used from now on."""
    return tx.execute(
        """WITH used AS (
             UPDATE shade.model_training_data SET used_for_training = true
             WHERE match_accuracy_rating IS NOT NULL AND (NOT %s OR NOT used_for_training)
             RETURNING store_id, id, survey_id, image_url, match_accuracy_rating, feedback_notes
           )
           SELECT u.id, u.survey_id, s.shade_selected, s.shade_fit_rating, s.skin_type,
             s.skin_concerns, s.finish_preference, s.texture_feedback, s.interested_in_addons,
             tried.depth AS selected_depth, tried.undertone AS selected_undertone,
             r.recommended_shade, best.depth AS recommended_depth,
             best.undertone AS recommended_undertone, c.converted,
             u.image_url, u.match_accuracy_rating, u.feedback_notes
           FROM used AS u
           INNER JOIN shade.surveys AS s ON u.store_id = s.store_id AND u.survey_id = s.id
           LEFT JOIN shade.recommendations AS r ON s.store_id = r.store_id AND s.id = r.survey_id
           LEFT JOIN shade.conversions AS c
             ON r.store_id = c.store_id AND r.id = c.recommendation_id
           LEFT JOIN shade.shades AS tried
             ON s.store_id = tried.store_id AND lower(s.shade_selected) = lower(tried.name)
           LEFT JOIN shade.shades AS best
             ON r.store_id = best.store_id AND lower(r.recommended_shade) = lower(best.name)
           ORDER BY u.id""",
        (only_new,),
    ).fetchall()
