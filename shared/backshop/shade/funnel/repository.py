"""The SQL of the numbers."""

from __future__ import annotations

from datetime import datetime

from backshop.db import Tx
from backshop.shade.funnel.models import FunnelRow, Period


def funnel(tx: Tx, period: Period, zone: str, since: datetime, until: datetime) -> list[FunnelRow]:
    """What happened in each period, by currency and shade; money only ever within a currency.

    `shade` is the recommended one, None before there is one. `revenue` is what converted orders
    brought, less what was given back, counted when they were paid.
    """
    rows = tx.execute(
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
             WHERE o.store_id = backshop.current_store_id()
               AND o.product_type = 'shade_kit' AND NOT o.is_cancelled
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
             FROM shade.discounts AS d
             WHERE d.store_id = backshop.current_store_id() AND d.activated_at IS NOT NULL
             UNION ALL
             SELECT 'clicks', clicked_at, currency, shade, 0 FROM funnel
             WHERE clicked_at IS NOT NULL
             UNION ALL
             SELECT 'conversions', f.converted_at, o.currency, f.shade,
               o.total_amount - o.refunded_amount
             FROM funnel AS f INNER JOIN shade.orders AS o ON f.sale_id = o.id
             WHERE o.store_id = backshop.current_store_id() AND f.converted
           )
           SELECT to_char(date_trunc(%(period)s, at AT TIME ZONE %(zone)s), 'YYYY-MM-DD') AS period,
             currency, shade,
             count(*) FILTER (WHERE what = 'kits') AS kits,
             count(*) FILTER (WHERE what = 'invites') AS invites,
             count(*) FILTER (WHERE what = 'surveys') AS surveys,
             count(*) FILTER (WHERE what = 'discounts') AS discounts,
             count(*) FILTER (WHERE what = 'clicks') AS clicks,
             count(*) FILTER (WHERE what = 'conversions') AS conversions,
             round(sum(money), 4) AS revenue
           FROM events WHERE at >= %(since)s AND at < %(until)s
           GROUP BY 1, 2, 3 ORDER BY 1, 2, 3""",
        {"period": period, "zone": zone, "since": since, "until": until},
    )
    return [FunnelRow.model_validate(row) for row in rows]
