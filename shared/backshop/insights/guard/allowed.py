"""What SQL that others wrote may consist of. Whatever stands in none of these lists is refused, so
that what Postgres learns tomorrow is refused too.

Names of nodes and fields are those of Postgres' parse tree, as libpg_query spells them in JSON.
"""

from __future__ import annotations

from typing import Final

MOST_BYTES: Final = 8192
MOST_TABLES: Final = 20
MOST_CHARACTERS: Final = 10_000
"""Of a text that is put together; what is longer is cut, or a few steps would double it to
gigabytes."""
MOST_MADE: Final = 100_000
"""Rows of generate_series, and of a recursion."""
MOST_EXPANDED: Final = 5000
"""Names of columns that a SELECT may become once its sub-selects are written in their place."""
MOST_SIZE: Final = 64
"""Numbers of tables and constants that are multiplied with each other exactly (sizes.py)."""
MOST_PAD: Final = 1000
MOST_PATTERN: Final = 200

# ------------------------------------------------------------------------------- tables

TABLES: Final[dict[str, tuple[str, ...]]] = {
    "stores": (
        *("id", "store_id", "name", "currency", "time_zone", "store_url", "wc_version", "plan"),
        *("connected_at", "last_sync_at", "is_active"),
    ),
    "customers": (
        *("id", "store_id", "wc_customer_id", "display_name", "total_spent", "order_count"),
        *("first_order_date", "last_order_date", "created_at", "country", "currency"),
    ),
    "categories": (
        *("id", "store_id", "wc_category_id", "name", "parent_id", "product_count"),
        *("wc_parent_id", "external_id"),
    ),
    "products": (
        *("id", "store_id", "wc_product_id", "name", "sku", "price", "regular_price"),
        *("sale_price", "category_id", "category_name", "stock_quantity", "stock_status"),
        *("status", "type", "created_at", "updated_at", "wc_category_id", "external_id"),
        "currency",
    ),
    "product_variants": (
        *("id", "store_id", "product_id", "wc_variation_id", "name", "sku", "price"),
        *("regular_price", "sale_price", "stock_quantity", "stock_status", "external_id"),
    ),
    "orders": (
        *("id", "store_id", "wc_order_id", "date_created", "date_modified", "status", "total"),
        *("subtotal", "tax_total", "shipping_total", "discount_total", "currency"),
        *("customer_id", "payment_method", "coupon_used", "external_id", "code", "country"),
        *("channel", "shipping_tax", "refunded_total", "date_paid", "is_guest", "is_counted"),
        *("is_cancelled", "is_test", "wc_customer_id", "refunds_listed_at"),
    ),
    "order_items": (
        *("id", "order_id", "store_id", "product_id", "product_name", "sku", "quantity"),
        *("subtotal", "total", "line_id", "wc_product_id", "wc_variation_id", "unit_price"),
        *("discount", "tax", "refunded_quantity", "refunded_total", "exact_quantity"),
    ),
    "coupons": (
        *("id", "store_id", "wc_coupon_id", "code", "discount_type", "amount", "usage_count"),
        *("external_id", "status", "expires_at"),
    ),
    "order_coupons": ("store_id", "order_id", "code", "discount"),
    "refunds": (
        *("id", "store_id", "wc_refund_id", "wc_order_id", "order_id", "date_created", "amount"),
        *("shipping", "tax", "currency", "status", "external_id", "external_order_id", "is_dated"),
        *("goods", "goods_tax", "shipping_back"),
    ),
    "refund_items": (
        *("id", "store_id", "refund_id", "line_id", "quantity", "total", "tax", "exact_quantity"),
    ),
    "sync_logs": (
        *("id", "store_id", "sync_type", "resource", "records_synced", "started_at"),
        *("completed_at", "status"),
    ),
}
"""The tables of the schema insights, with the columns that backshop_analyst may read (a test holds
them to the grants), in the tables' order."""

NUMBERS: Final = frozenset(
    {"total_spent", "order_count", "product_count", "price", "regular_price", "sale_price"}
    | {"stock_quantity", "total", "subtotal", "tax_total", "shipping_total", "discount_total"}
    | {"shipping_tax", "refunded_total", "quantity", "unit_price", "discount", "tax"}
    | {"refunded_quantity", "exact_quantity", "usage_count", "amount", "shipping", "goods"}
    | {"goods_tax", "shipping_back", "records_synced"}
)
"""Columns that are numbers, in whichever table they are."""

SYNONYMS: Final[dict[str, dict[str, str]]] = {
    "orders": {"created_at": "date_created", "coupon_code": "coupon_used"},
    "refunds": {"created_at": "date_created"},
}
"""Names that models guess, and the columns they mean; `*` does not have them."""

# ------------------------------------------------------------------------------- nodes

NODE: Final = "*"
"""The field holds a node, or a list of them."""
PLAIN: Final = None
"""The field holds a value that a check of its node has looked at, or that can do no harm."""

_AT: Final[dict[str, str | None]] = {"location": PLAIN}

NODES: Final[dict[str, dict[str, str | None]]] = {
    "SelectStmt": {
        "distinctClause": NODE,
        "targetList": NODE,
        "fromClause": NODE,
        "whereClause": NODE,
        "groupClause": NODE,
        "groupDistinct": PLAIN,
        "havingClause": NODE,
        "windowClause": NODE,
        "valuesLists": NODE,
        "sortClause": NODE,
        "limitOffset": NODE,
        "limitCount": NODE,
        "limitOption": PLAIN,
        "withClause": PLAIN,
        "op": PLAIN,
        "all": PLAIN,
        "larg": "SelectStmt",
        "rarg": "SelectStmt",
    },
    "CommonTableExpr": _AT
    | {"ctename": PLAIN, "aliascolnames": PLAIN, "ctematerialized": PLAIN, "ctequery": NODE},
    "ResTarget": _AT | {"name": PLAIN, "val": NODE},
    "ColumnRef": _AT | {"fields": PLAIN},
    "A_Const": _AT
    | {"ival": PLAIN, "fval": PLAIN, "sval": PLAIN, "boolval": PLAIN, "isnull": PLAIN},
    "TypeCast": _AT | {"arg": NODE, "typeName": "TypeName"},
    "TypeName": _AT | {"names": PLAIN, "typmods": PLAIN, "typemod": PLAIN, "arrayBounds": PLAIN},
    "A_Expr": _AT
    | {"kind": PLAIN, "name": PLAIN, "lexpr": NODE, "rexpr": NODE}
    | {"rexpr_list_start": PLAIN, "rexpr_list_end": PLAIN},
    "BoolExpr": _AT | {"boolop": PLAIN, "args": NODE},
    "NullTest": _AT | {"arg": NODE, "nulltesttype": PLAIN},
    "BooleanTest": _AT | {"arg": NODE, "booltesttype": PLAIN},
    "CaseExpr": _AT | {"arg": NODE, "args": NODE, "defresult": NODE},
    "CaseWhen": _AT | {"expr": NODE, "result": NODE},
    "CoalesceExpr": _AT | {"args": NODE},
    "MinMaxExpr": _AT | {"op": PLAIN, "args": NODE},
    "SQLValueFunction": _AT | {"op": PLAIN, "typmod": PLAIN},
    "FuncCall": _AT
    | {"funcname": PLAIN, "args": NODE, "agg_order": NODE, "agg_filter": NODE}
    | {"over": "WindowDef", "agg_within_group": PLAIN, "agg_star": PLAIN}
    | {"agg_distinct": PLAIN, "funcformat": PLAIN},
    "NamedArgExpr": _AT | {"arg": NODE, "name": PLAIN, "argnumber": PLAIN},
    "WindowDef": _AT
    | {"name": PLAIN, "refname": PLAIN, "partitionClause": NODE, "orderClause": NODE}
    | {"frameOptions": PLAIN, "startOffset": NODE, "endOffset": NODE},
    "SortBy": _AT | {"node": NODE, "sortby_dir": PLAIN, "sortby_nulls": PLAIN},
    "SubLink": _AT | {"subLinkType": PLAIN, "testexpr": NODE, "operName": PLAIN, "subselect": NODE},
    "RangeVar": _AT
    | {"schemaname": PLAIN, "relname": PLAIN, "inh": PLAIN, "relpersistence": PLAIN}
    | {"alias": "Alias"},
    "RangeSubselect": {"lateral": PLAIN, "subquery": NODE, "alias": "Alias"},
    "RangeFunction": {"lateral": PLAIN, "functions": PLAIN, "alias": "Alias"},
    "JoinExpr": {
        "jointype": PLAIN,
        "isNatural": PLAIN,
        "larg": NODE,
        "rarg": NODE,
        "usingClause": PLAIN,
        "quals": NODE,
        "rtindex": PLAIN,
    },
    "Alias": {"aliasname": PLAIN, "colnames": PLAIN},
    "GroupingSet": _AT | {"kind": PLAIN, "content": NODE},
    "GroupingFunc": _AT | {"args": NODE},
    "A_ArrayExpr": _AT | {"elements": NODE, "list_start": PLAIN, "list_end": PLAIN},
    "RowExpr": _AT | {"args": NODE, "row_format": PLAIN},
    "A_Indirection": {"arg": NODE, "indirection": NODE},
    "A_Indices": {"is_slice": PLAIN, "lidx": NODE, "uidx": NODE},
    "List": {"items": NODE},
}

SUBLINKS: Final = frozenset({"EXISTS_SUBLINK", "ALL_SUBLINK", "ANY_SUBLINK", "EXPR_SUBLINK"})
CLOCKS: Final = frozenset(
    f"SVFOP_{name}"
    for name in (
        *("CURRENT_DATE", "CURRENT_TIME", "CURRENT_TIME_N", "CURRENT_TIMESTAMP"),
        *("CURRENT_TIMESTAMP_N", "LOCALTIME", "LOCALTIME_N", "LOCALTIMESTAMP", "LOCALTIMESTAMP_N"),
    )
)

# ------------------------------------------------------------------------------- operators, types

OPERATORS: Final = frozenset(
    {"+", "-", "*", "/", "%", "^", "||", "=", "<>", "<", ">", "<=", ">="}
    | {"~~", "!~~", "~~*", "!~~*", "~", "~*", "!~", "!~*"}
    | {"BETWEEN", "NOT BETWEEN"}
)
REGEXES: Final = frozenset({"~", "~*", "!~", "!~*"})

TYPES: Final = frozenset(
    {"text", "varchar", "bpchar", "bool", "int2", "int4", "int8", "numeric", "float4", "float8"}
    | {"date", "time", "timetz", "timestamp", "timestamptz", "interval", "uuid"}
)

# ------------------------------------------------------------------------------- functions

AGGREGATES: Final = frozenset(
    {"count", "sum", "avg", "min", "max", "any_value", "string_agg", "array_agg"}
    | {"bool_and", "bool_or", "every", "mode", "percentile_cont", "percentile_disc"}
    | {"stddev", "stddev_pop", "stddev_samp", "variance", "var_pop", "var_samp"}
    | {"corr", "covar_pop", "covar_samp", "regr_avgx", "regr_avgy", "regr_count"}
    | {"regr_intercept", "regr_r2", "regr_slope", "regr_sxx", "regr_sxy", "regr_syy"}
)
WINDOWS: Final = frozenset(
    {"row_number", "rank", "dense_rank", "percent_rank", "cume_dist", "ntile"}
    | {"lag", "lead", "first_value", "last_value", "nth_value"}
)
BOUNDED: Final = frozenset({"string_agg", "array_agg"})
"""Aggregates of Postgres that grow with their rows, in whose place those of the schema insights
run, which raise where it becomes too much."""
AS_FLOAT: Final = frozenset({"sqrt", "cbrt", "exp", "ln", "log", "log10", "pow", "power"})
"""Computed with double precision: of a numeric of thousands of digits they take minutes, and no
timeout stops them."""
GROWING: Final = frozenset(
    {"concat", "concat_ws", "array_to_string", "regexp_replace", "replace", "lpad", "rpad"}
)
"""What they return is cut at MOST_CHARACTERS."""
SERIES: Final = frozenset({"generate_series", "unnest"})
"""They make rows, and stand in FROM or alone in a column."""
PATTERNS: Final[dict[str, int]] = {
    "regexp_replace": 1,
    "regexp_like": 1,
    "regexp_count": 1,
    "regexp_substr": 1,
    "similar_to_escape": 0,
}
"""Which argument is a regular expression."""
FORMATS: Final = frozenset({"to_char", "to_date", "to_number", "to_timestamp"})

TAKE_ANY: Final = frozenset({"concat", "concat_ws", "count"})
"""Their arguments may be of any type."""
MEASURES: Final = frozenset({"date_trunc", "date_part", "date_bin", "make_interval"} | FORMATS)
"""Their texts are units and formats, which tell nothing of a store and stay where they are."""

FUNCTIONS: Final = (
    AGGREGATES
    | WINDOWS
    | AS_FLOAT
    | GROWING
    | FORMATS
    | PATTERNS.keys()
    | {"abs", "ceil", "ceiling", "floor", "round", "trunc", "mod", "div", "sign", "width_bucket"}
    | {"lower", "upper", "initcap", "length", "char_length", "character_length", "btrim", "ltrim"}
    | {"rtrim", "left", "right", "substr", "substring", "position", "strpos", "split_part"}
    | {"starts_with", "reverse", "translate", "like_escape"}
    | {"now", "transaction_timestamp", "statement_timestamp", "date_trunc", "date_part", "extract"}
    | {"date_bin", "age", "date", "make_date", "make_time", "make_timestamp", "make_timestamptz"}
    | {"make_interval", "justify_days", "justify_hours", "justify_interval", "isfinite"}
    | {"timezone", "overlaps", "array_length", "cardinality", "array_position"}
)

OUTPUT_NAMES: Final = (
    FUNCTIONS
    | SERIES
    | TYPES
    | {"case", "coalesce", "greatest", "least", "nullif", "exists", "array", "row", "grouping"}
    | {"current_date", "current_time", "current_timestamp", "localtime", "localtimestamp"}
    | {"?column?", "column1", "column2", "column3", "column4", "column5", "column6"}
)
"""What Postgres calls a column that has no name of its own."""
