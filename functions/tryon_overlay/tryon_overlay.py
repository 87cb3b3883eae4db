"""Draws each product of a session on its selfie, when the selfie arrives in the bucket.

S3 may tell of one upload twice: a session is taken up by one invocation at a time, each picture is
kept as soon as it is made, and another one makes only the rest. A crash is not tried again, because
the shopper waits: tryon_failures ends the session.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote_plus
from uuid import UUID

from backshop import db, logs
from backshop.aws import config, objects
from backshop.connect.try_on import repository as try_on
from backshop.connect.try_on import rules
from backshop.connect.try_on.looks import Look, NearShade, Reading, Result, assets_of
from vision import colors, face, jpegs, pictures, render, tone
from vision.colors import Bytes
from vision.scene import Scene

NEAR = 6.0
"""CIEDE2000 up to which the catalogue's nearest shade is taken for the shopper's own."""


@logs.crash_safely
def handler(event: dict[str, Any], context: Any) -> None:
    """An S3 notification: the session of each object's key."""
    for record in event["Records"]:
        key = unquote_plus(record["s3"]["object"]["key"])
        draw_session(*rules.parse_selfie_key(key), by=context.aws_request_id)


def draw_session(store_id: UUID, session_id: UUID, by: str) -> None:
    """Take a session up where it was left and bring it to its end."""
    with ThreadPoolExecutor(2) as beside:
        # While the database is asked. Both have ended before a photo is decoded, which forks.
        selfie = beside.submit(_read, rules.selfie_key(store_id, session_id))
        beside.submit(face.load)
        with db.transaction(store_id=store_id) as tx:
            claimed = try_on.claim(tx, session_id, by, datetime.now(UTC), rules.CLAIM_LASTS)
            erased = claimed is None and try_on.session(tx, session_id) is None
            found = try_on.products(tx, claimed.skus) if claimed else {}
            catalogue = try_on.foundations(tx) if claimed else []
    if claimed is None:
        if erased:  # before its selfie came
            objects.delete(_bucket(), [rules.selfie_key(store_id, session_id)])
        logs.info("nothing to draw", session_id=str(session_id))
        return
    try:
        scene, notes = render.sit(selfie.result())
    except pictures.Refused as refused:
        with db.transaction(store_id=store_id) as tx:
            try_on.fail(tx, session_id, by, _failure(refused))
        logs.info("selfie refused", session_id=str(session_id), code=refused.code)
        return
    reading = tone.read(scene)
    shades = _shades(catalogue)
    looks = {
        sku: rules.look(found[sku].metadata) if sku in found else rules.NOT_WEARABLE
        for sku in rules.open_skus(claimed.skus, claimed.results)
    }
    if claimed.own_shade not in shades and any(map(_is_shade, looks.values())):
        notes = [*notes, render.LIGHT_UNKNOWN]
    with db.transaction(store_id=store_id) as tx:
        try_on.save_reading(tx, session_id, _told(reading, catalogue, shades), notes)
    setting = render.Setting(
        _own(claimed.own_shade, reading, shades),
        **claimed.lettering,
        is_guessed=claimed.own_shade not in shades,
    )
    encode = jpegs.encoder(scene.pixels, len(looks))
    results = {sku: Result(**said) for sku, said in claimed.results.items()}
    for sku, look in looks.items():
        result = _draw(store_id, session_id, by, sku, scene, look, setting, encode)
        if result is None:
            return
        results[sku] = result
    status = rules.outcome(results)
    with db.transaction(store_id=store_id) as tx:
        try_on.finish(tx, session_id, by, status)
    logs.info("session drawn", session_id=str(session_id), status=status, pictures=len(looks))


def _draw(
    store_id: UUID,
    session_id: UUID,
    by: str,
    sku: str,
    scene: Scene,
    look: Look | Result,
    setting: render.Setting,
    encode: Callable[[Bytes], bytes],
) -> Result | None:
    """Draw and keep one picture; None where the session was erased meanwhile, or lost to
    another."""
    key, url = rules.overlay_key(store_id, session_id, sku), None
    try:
        if isinstance(look, Result):
            result = look
        else:
            drawn = render.draw(scene, look, setting, _assets(store_id, look))
            objects.put(_bucket(), key, encode(drawn), "image/jpeg")
            result, url = Result(status="complete"), objects.address(_bucket(), key)
    except pictures.Refused as refused:
        result = _failure(refused)
    with db.transaction(store_id=store_id) as tx:
        kept = try_on.save_result(tx, session_id, by, sku, result, url)
        left = kept or try_on.session(tx, session_id) is not None
    if kept:
        return result
    if url and not left:
        objects.delete(_bucket(), [key])
    logs.info("session lost", session_id=str(session_id))
    return None


def _assets(store_id: UUID, look: Look) -> Mapping[str, bytes]:
    """The files that a look names. Raises Refused where one is missing."""
    return {name: _asset(rules.asset_key(store_id, name)) for name in sorted(assets_of(look))}


def _asset(key: str) -> bytes:
    from botocore.exceptions import ClientError  # make-up has no files, and its picture waits

    try:
        return _read(key)
    except ClientError:
        if objects.exists(_bucket(), key):
            raise
        raise pictures.Refused(
            "bad_asset", "The product's picture is missing; tell the shop."
        ) from None


def _read(key: str) -> bytes:
    """What was uploaded, or a little more than may be."""
    return objects.get(_bucket(), key, rules.MAX_BYTES + 1)


def _bucket() -> str:
    return config.value("TRY_ON_BUCKET")


def _failure(refused: pictures.Refused) -> Result:
    return Result(status="failed", code=refused.code, reason=refused.reason)


def _is_shade(look: Look | Result) -> bool:
    """Whether how a product looks depends on the light that the skin is seen in."""
    return not isinstance(look, Result) and look.kind in ("foundation", "concealer")


def _shades(catalogue: list[try_on.Product]) -> dict[str, tone.Lab]:
    """The shades of the store's foundations that have one, by SKU."""
    looks = {product.sku: rules.look(product.metadata) for product in catalogue}
    return {
        sku: colors.lab_of(render.linear_of_color(look.shade))
        for sku, look in looks.items()
        if not isinstance(look, Result) and look.kind == "foundation" and look.shade is not None
    }


def _told(
    reading: tone.Reading, catalogue: list[try_on.Product], shades: dict[str, tone.Lab]
) -> Reading:
    titles = {product.sku: product.title for product in catalogue}
    near = tone.neighbours(reading.lab, list(shades.items()))
    return Reading(
        ita=round(reading.ita, 1),
        ita_range=(round(reading.ita_range[0], 1), round(reading.ita_range[1], 1)),
        monk=reading.monk,
        monk_range=reading.monk_range,
        warnings=[tone.WARNINGS[code] for code in reading.warnings],
        shades=[NearShade(sku=sku, title=titles[sku], delta_e=round(far, 1)) for sku, far in near],
    )


def _own(
    confirmed: str | None, reading: tone.Reading, shades: dict[str, tone.Lab]
) -> render.Rgb | None:
    """The shopper's own shade in linear RGB: the confirmed one, else the catalogue's nearest if
    near."""
    if confirmed in shades:
        return colors.linear_of(shades[confirmed])
    near = min(
        tone.neighbours(reading.lab, list(shades.items())), key=lambda each: each[1], default=None
    )
    if near is None or near[1] > NEAR:
        return None
    return colors.linear_of(shades[near[0]])
