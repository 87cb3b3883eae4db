"""Categories, products with their variants, and coupons."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from backshop.commerce import Platform, Store
from backshop.db import Staged, Tx
from backshop.insights.projection.numbers import numbers_of


def save_categories(tx: Tx, store: Store, categories: Staged) -> None:
    of = {"store": store.id} | categories.params
    tx.execute(
        f"""INSERT INTO insights.categories AS held
              (store_id, wc_category_id, external_id, name, wc_parent_id, product_count)
            SELECT %(store)s, number, external_id, coalesce(left(name, 255), ''), parent_number,
              coalesce(product_count, 0)
            FROM {categories.source}
            ON CONFLICT (store_id, wc_category_id) DO UPDATE SET
              name = excluded.name, wc_parent_id = excluded.wc_parent_id,
              product_count = coalesce((SELECT told.product_count
                FROM (SELECT * FROM {categories.source}) AS told
                WHERE told.number = held.wc_category_id), held.product_count)""",
        of,
    )
    # Parents of these, and these as parents of others.
    tx.execute(
        f"""WITH wanted AS (
              SELECT c.id, (SELECT p.id FROM insights.categories AS p
                WHERE p.wc_category_id = c.wc_parent_id) AS parent_id
              FROM insights.categories AS c
              WHERE (c.wc_category_id = ANY (ARRAY(SELECT number FROM {categories.source}))
                  OR c.wc_parent_id = ANY (ARRAY(SELECT number FROM {categories.source})))
            )
            UPDATE insights.categories AS held SET parent_id = wanted.parent_id
            FROM wanted
            WHERE held.id = wanted.id
              AND held.parent_id IS DISTINCT FROM wanted.parent_id""",
        of,
    )
    tx.execute(
        f"""UPDATE insights.products AS held SET category_id = c.id, category_name = c.name
            FROM insights.categories AS c
            WHERE held.wc_category_id = ANY (ARRAY(SELECT number FROM {categories.source}))
              AND c.wc_category_id = held.wc_category_id
              AND (held.category_id, held.category_name) IS DISTINCT FROM (c.id, c.name)""",
        of,
    )


def save_products(tx: Tx, store: Store, products: Staged, variants: Staged) -> None:
    """Products with their variants. A variation that comes before its product (WooCommerce) makes
    one of its name, which the product's own record then fills."""
    of = {"store": store.id}
    new = _upsert_products(tx, of, products) + _stand_in(tx, of, variants)
    _save_variants(tx, of, products, variants)
    _sum_up_products(tx, of, products, variants)
    if new:
        tx.execute(
            """UPDATE insights.order_items AS held SET product_id = (
                 SELECT p.id FROM insights.products AS p
                 WHERE p.wc_product_id = held.wc_product_id)
               WHERE product_id IS NULL AND wc_product_id = ANY (%(new)s)""",
            of | {"new": new},
        )


def _upsert_products(tx: Tx, of: dict[str, Any], products: Staged) -> list[int]:
    """The numbers of those that were not there."""
    if not products.size:
        return []
    row = tx.execute(
        f"""WITH saved AS (
              INSERT INTO insights.products
                (store_id, wc_product_id, external_id, name, status, type, wc_category_id,
                 category_id, category_name, created_at, updated_at)
              SELECT %(store)s, number, external_id, coalesce(left(title, 500), ''), left(status, 50),
                left(type, 50), told.of_category,
                (SELECT c.id FROM insights.categories AS c
                 WHERE c.wc_category_id = told.of_category),
                (SELECT c.name FROM insights.categories AS c
                 WHERE c.wc_category_id = told.of_category),
                created_at, modified_at
              FROM (SELECT *, CASE WHEN categories_known THEN category_number ELSE
                      (SELECT p.wc_category_id FROM insights.products AS p
                       WHERE p.wc_product_id = number) END AS of_category
                    FROM {products.source}) AS told
              ON CONFLICT (store_id, wc_product_id) DO UPDATE SET
                name = excluded.name, status = excluded.status, type = excluded.type,
                wc_category_id = excluded.wc_category_id, category_id = excluded.category_id,
                category_name = excluded.category_name, created_at = excluded.created_at,
                updated_at = excluded.updated_at
              RETURNING new.wc_product_id AS number, old.id AS before
            )
            SELECT array_agg(number) AS new FROM saved WHERE before IS NULL""",
        of | products.params,
    ).fetchone()
    return (row and row["new"]) or []


def _stand_in(tx: Tx, of: dict[str, Any], variants: Staged) -> list[int]:
    if not variants.size:
        return []
    row = tx.execute(
        f"""WITH saved AS (
              INSERT INTO insights.products (store_id, wc_product_id, name, status, type)
              SELECT DISTINCT ON (product_number) %(store)s::uuid, product_number,
                coalesce(left(product_title, 500), ''), left(status, 50), 'variable'
              FROM {variants.source}
              ORDER BY product_number, number
              ON CONFLICT (store_id, wc_product_id) DO NOTHING
              RETURNING wc_product_id
            )
            SELECT array_agg(wc_product_id) AS new FROM saved""",
        of | variants.params,
    ).fetchone()
    return (row and row["new"]) or []


def _save_variants(tx: Tx, of: dict[str, Any], products: Staged, variants: Staged) -> None:
    if products.size:
        tx.execute(
            f"""DELETE FROM insights.product_variants AS held
                USING insights.products AS p
                WHERE p.id = held.product_id
                  AND p.wc_product_id = ANY (ARRAY(SELECT number FROM {products.source}))
                  AND (held.wc_variation_id = p.wc_product_id AND p.external_id IS NULL
                    OR p.wc_product_id = ANY (ARRAY(
                      SELECT number FROM {products.source} WHERE variants_known)))
                  AND NOT EXISTS (SELECT FROM {variants.source}
                    WHERE variants.product_number = p.wc_product_id
                      AND variants.number = held.wc_variation_id)""",
            of | products.params | variants.params,
        )
    if variants.size:
        tx.execute(
            f"""INSERT INTO insights.product_variants AS held
                  (store_id, product_id, wc_variation_id, external_id, name, sku, price,
                   regular_price, sale_price, stock_quantity, stock_status)
                SELECT %(store)s,
                  (SELECT p.id FROM insights.products AS p
                   WHERE p.wc_product_id = product_number),
                  number, external_id, left(title, 500), given_sku, price, regular_price,
                  sale_price, stock, stock_status
                FROM {variants.source}
                ON CONFLICT (store_id, product_id, wc_variation_id) DO UPDATE SET
                  name = excluded.name, sku = excluded.sku, price = excluded.price,
                  regular_price = excluded.regular_price, sale_price = excluded.sale_price,
                  stock_quantity = excluded.stock_quantity, stock_status = excluded.stock_status
                WHERE (held.name, held.sku, held.price, held.regular_price, held.sale_price,
                       held.stock_quantity, held.stock_status)
                  IS DISTINCT FROM
                      (excluded.name, excluded.sku, excluded.price, excluded.regular_price,
                       excluded.sale_price, excluded.stock_quantity, excluded.stock_status)""",
            of | variants.params,
        )


def _sum_up_products(tx: Tx, of: dict[str, Any], products: Staged, variants: Staged) -> None:
    numbers = f"""SELECT number FROM {products.source}
                  UNION SELECT product_number FROM {variants.source}"""
    _sum_up(tx, f"wc_product_id = ANY (ARRAY({numbers}))", of | products.params | variants.params)


def _sum_up(tx: Tx, which: str, of: dict[str, Any]) -> None:
    """What a product says of its variants: the price of the cheapest, the stock of all, the SKU
    where there is one."""
    tx.execute(
        f"""UPDATE insights.products AS held
            SET sku = s.sku, price = s.price, regular_price = s.regular_price,
              sale_price = s.sale_price, stock_quantity = s.stock, stock_status = s.status
            FROM (
              SELECT p.id, v.* FROM insights.products AS p
              CROSS JOIN LATERAL (
                SELECT CASE WHEN count(*) = 1 THEN min(sku) END AS sku, min(price) AS price,
                  (array_agg(regular_price ORDER BY price, wc_variation_id))[1] AS regular_price,
                  (array_agg(sale_price ORDER BY price, wc_variation_id))[1] AS sale_price,
                  sum(stock_quantity::bigint) AS stock,
                  CASE WHEN bool_or(stock_status = 'instock') THEN 'instock'
                       WHEN bool_or(stock_status = 'onbackorder') THEN 'onbackorder'
                       WHEN count(*) > 0 THEN 'outofstock' END AS status
                FROM insights.product_variants AS v
                WHERE v.product_id = p.id
              ) AS v
              WHERE p.{which}
            ) AS s
            WHERE held.id = s.id
              AND (held.sku, held.price, held.regular_price, held.sale_price, held.stock_quantity,
                   held.stock_status)
                IS DISTINCT FROM
                  (s.sku, s.price, s.regular_price, s.sale_price, s.stock, s.status)""",
        of,
    )


def save_coupons(tx: Tx, store: Store, coupons: Staged) -> None:
    tx.execute(
        f"""INSERT INTO insights.coupons
              (store_id, wc_coupon_id, external_id, code, discount_type, amount, usage_count,
               status, expires_at)
            SELECT %(store)s, number, external_id, code, left(type, 50), amount, usage_count,
              left(status, 50), expires_at
            FROM {coupons.source}
            ON CONFLICT (store_id, wc_coupon_id) DO UPDATE SET
              code = excluded.code, discount_type = excluded.discount_type,
              amount = excluded.amount, usage_count = excluded.usage_count,
              status = excluded.status, expires_at = excluded.expires_at""",
        {"store": store.id} | coupons.params,
    )


def delete_categories(tx: Tx, store: Store, ids: Collection[str]) -> None:
    of = {"store": store.id, "numbers": numbers_of(ids)}
    gone = """(SELECT c.id FROM insights.categories AS c
               WHERE c.wc_category_id = ANY (%(numbers)s))"""
    tx.execute(
        f"""UPDATE insights.categories SET parent_id = NULL
            WHERE parent_id = ANY (ARRAY{gone})""",
        of,
    )
    tx.execute(
        f"""UPDATE insights.products SET category_id = NULL, category_name = NULL
            WHERE category_id = ANY (ARRAY{gone})""",
        of,
    )
    tx.execute(
        """DELETE FROM insights.categories
           WHERE wc_category_id = ANY (%(numbers)s)""",
        of,
    )


def delete_products(tx: Tx, store: Store, ids: Collection[str]) -> None:
    """Products, or variations that were records of their own (WooCommerce)."""
    of = {"store": store.id, "numbers": numbers_of(ids)}
    tx.execute(
        """UPDATE insights.order_items SET product_id = NULL
           WHERE product_id = ANY (ARRAY(
             SELECT p.id FROM insights.products AS p
             WHERE p.wc_product_id = ANY (%(numbers)s)))""",
        of,
    )
    tx.execute(
        """DELETE FROM insights.products
           WHERE wc_product_id = ANY (%(numbers)s)""",
        of,
    )
    if store.platform == Platform.WOOCOMMERCE:
        row = tx.execute(
            """WITH gone AS (
                 DELETE FROM insights.product_variants
                 WHERE wc_variation_id = ANY (%(numbers)s)
                 RETURNING product_id
               )
               SELECT array_agg(product_id) AS products FROM gone""",
            of,
        ).fetchone()
        if row and row["products"]:
            _sum_up(tx, "id = ANY (%(products)s)", of | row)


def variations_of(tx: Tx, store: Store, ids: Collection[str]) -> list[tuple[str, str]]:
    """(product, variation) of the variations of these products that are records of their own; ids
    as WooCommerce gives them."""
    found = tx.execute(
        """SELECT p.wc_product_id AS product, v.wc_variation_id AS variation
           FROM insights.products AS p
           INNER JOIN insights.product_variants AS v ON v.product_id = p.id
           WHERE p.wc_product_id = ANY (%s) AND v.wc_variation_id <> p.wc_product_id""",
        (numbers_of(ids),),
    )
    return [(str(row["product"]), str(row["variation"])) for row in found]


def uncounted_variants(tx: Tx, store: Store, ids: Collection[str]) -> set[int]:
    """The numbers of the variants of these products whose stock nobody counts."""
    found = tx.execute(
        """SELECT v.wc_variation_id AS number FROM insights.products AS p
           INNER JOIN insights.product_variants AS v ON v.product_id = p.id
           WHERE p.wc_product_id = ANY (%s) AND v.stock_quantity IS NULL""",
        (numbers_of(ids),),
    )
    return {row["number"] for row in found}


def delete_coupons(tx: Tx, store: Store, ids: Collection[str]) -> None:
    tx.execute(
        "DELETE FROM insights.coupons WHERE wc_coupon_id = ANY (%(numbers)s)",
        {"store": store.id, "numbers": numbers_of(ids)},
    )
