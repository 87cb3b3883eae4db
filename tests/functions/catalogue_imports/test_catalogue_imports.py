"""Importing products from files, as shops have them."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import datetime
from decimal import Decimal

import pytest
from backshop import db
from backshop.aws import config
from backshop.projects import changing
from backshop.projects.imports import importing

from tests.functions.catalogue_imports.conftest import workbook

PLAIN = "SKU,Name,Size,Retail price\nT-1,Slate,12 x 24,4.29\nT-2,Sand,300 x 600 mm,3.99\n"


def test_products_are_added_changed_and_left(send, catalogue) -> None:
    first = send(PLAIN)
    assert (first.status, first.counts) == (200, (2, 0, 0, 0))
    stored = catalogue()
    assert (stored["T-1"]["size_length"], stored["T-1"]["size_width"]) == (12, 24)
    assert stored["T-2"]["size_length"] == Decimal("11.81")
    assert (stored["T-1"]["price_retail"], stored["T-1"]["currency"]) == (Decimal("4.29"), "USD")
    assert (stored["T-1"]["in_stock"], stored["T-1"]["discontinued"]) == (True, False)
    again = send(PLAIN)
    assert again.counts == (0, 0, 2, 0)
    assert catalogue() == stored, "the same file twice does nothing, versions and times included"
    assert send(PLAIN.replace("3.99", "4.49")).counts == (0, 1, 1, 0)
    assert catalogue()["T-2"]["price_retail"] == Decimal("4.49")


def test_a_dry_run_tells_the_same_and_stores_nothing(send, catalogue) -> None:
    send("SKU,Name,Price\nT-1,Slate,4\nT-2,Sand,5\n")
    before = catalogue()
    text = "SKU,Name,Price\nT-1,Slate,4\nT-2,Sand,6\nT-3,Snow,7\nT-4,Sky,cheap\n"
    dry = send(text, dry_run=True)
    assert dry.counts == (1, 1, 1, 1)
    assert catalogue() == before
    assert send(text).counts == dry.counts


def test_each_refused_line_says_its_number_its_sku_and_what_to_do(send, catalogue) -> None:
    answer = send(
        "SKU,Name,Size,Price,Pcs/Box\n"
        "T-1,Slate,12/24,4.29,10\n"
        "T-2,Sand,12 x 24,4.2999,10\n"
        ",Nobody,12 x 24,4.29,10\n"
        'T-3,"Two\nlines",12 x 24,4.29,10\n'
        "T-4,Sky,24-Dec,-1,a few\n"
        "T-5,Snow,12 x 24,4.29,10\n"
        "T-5,Snow again,12 x 24,4.29,10\n"
        "=cmd|' /C calc'!A0,Evil,12 x 24,4.29,10\n"
    )
    assert answer.counts == (2, 0, 0, 6)
    assert set(catalogue()) == {"T-3", "T-5"}
    said = answer.problems
    assert "write 12 x 24" in said[2]
    assert "two decimals" in said[3]
    assert "the SKU is missing" in said[4]
    assert "not negative" in said[7]
    assert "Excel took this for a date" in said[7]
    assert "whole number" in said[7]
    assert "line 8 already" in said[9]
    assert "formula" in said[10]
    assert [each["sku"] for each in answer.body["problems"]][:3] == ["T-1", "T-2", None]


def test_empty_cells_change_nothing_and_prices_alone_are_enough(send, catalogue) -> None:
    send("SKU,Name,Brand,Price,In stock\nT-1,Slate,Fire,4,no\nT-2,Sand,Fire,5,no\n")
    answer = send("SKU,Price,Brand,In stock\nT-1,6,,\nT-2,,,yes\nT-9,7,,\n")
    assert answer.counts == (0, 2, 0, 1)
    assert "give the product a name" in answer.problems[4]
    stored = catalogue()
    assert (stored["T-1"]["price_retail"], stored["T-1"]["brand"]) == (6, "Fire")
    assert (stored["T-1"]["in_stock"], stored["T-2"]["in_stock"]) == (False, True)


def test_nothing_is_deleted_unless_it_is_asked_for(send, catalogue) -> None:
    send("SKU,Name\nT-1,Slate\nT-2,Sand\nT-3,Snow\n")
    assert send("SKU,Name\nT-1,Slate\n").body["deleted"] == 0
    dry = send("SKU,Name\nT-1,Slate\n", delete_missing=True, dry_run=True)
    assert dry.body["deleted"] == 2
    kept = send("SKU,Name\nT-1,Slate\n,Sand\n", delete_missing=True).body
    assert (kept["deleted"], "Nothing was deleted" in kept["message"]) == (0, True)
    assert len(catalogue()) == 3
    # A line that is refused still says that its product is there.
    assert (
        send("SKU,Name,Price\nT-1,Slate,4\nT-2,Sand,?\n", delete_missing=True).body["deleted"] == 1
    )
    assert set(catalogue()) == {"T-1", "T-2"}


@pytest.mark.parametrize(
    "content",
    [
        "SKU;Name;Retail price;Size\r\nT-1;Grès émaillé;1.234,50 $;29,8 x 59,8 cm\r\n".encode(
            "cp1252"
        ),
        "SKU;Name;Retail price;Size\nT-1;Grès émaillé;1.234,50;29,8 x 59,8 cm\n".encode(
            "utf-8-sig"
        ),
        "sep=;\r\nSKU;Name;Retail price;Size\r\nT-1;Grès émaillé;1234,5;29,8 x 59,8 cm\r\n".encode(),
        "SKU\tName\tRetail price\tSize\r\nT-1\tGrès émaillé\t$1,234.50\t29.8 x 59.8 cm\r\n".encode(
            "utf-16"
        ),
        "SKU\tName\tRetail price\tSize\nT-1\tGrès émaillé\t1234.5\t29.8 x 59.8 cm\n".encode(
            "utf-16-le"
        ),
        'Price list 2026\n\n"SKU","Name, long","Name","Retail price (USD)","Size"\n'
        '"T-1","x","Grès émaillé","1,234.50","29.8 × 59.8 cm"\n'.encode(),
        "SKU|Name|Retail price|Size (cm)\rT-1|Grès émaillé|USD 1234.50|29.8x59.8\r".encode(),
    ],
    ids=[
        "latin-1",
        "utf-8 with a mark",
        "sep=",
        "utf-16",
        "utf-16 without a mark",
        "a title",
        "old Mac",
    ],
)
def test_files_are_read_as_spreadsheets_save_them(content, send, catalogue) -> None:
    answer = send(content, content_type="application/octet-stream")
    assert answer.counts == (1, 0, 0, 0), answer.body
    stored = catalogue()["T-1"]
    assert stored["product_name"] == "Grès émaillé"
    assert stored["price_retail"] == Decimal("1234.50")
    assert (stored["size_length"], stored["size_width"]) == (Decimal("11.73"), Decimal("23.54"))


def test_columns_are_known_by_their_usual_names_and_others_are_reported(send) -> None:
    answer = send(
        "Item #,Description,Manufacturer,Colour,L (in),W (in),Thickness mm,SF/Box,Pcs/Ctn,MSRP,"
        "Trade price,UOM,Qty on hand,Warehouse,Product code\n"
        "T-1,Slate,Fire,grey,11-13/16,23½,9.5,10.76,8,$4.29,$3.79,sq ft,0,A7,X\n"
    )
    assert answer.counts == (1, 0, 0, 0), answer.body
    assert answer.body["file"]["ignored"] == ["Warehouse", "Product code"]
    assert answer.body["file"]["columns"]["MSRP"] == "price_retail"


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "empty"),
        (b"a,b\n1,2\n", "must name one"),
        (b"PK\x03\x04 and no more", "damaged"),
        (b"\xd0\xcf\x11\xe0 an old one", "save it as XLSX"),
        (b"%PDF-1.7", "no table"),
        (b'SKU,Name\nT-1,"open' + b"\nx" * 40_000, "quotation mark"),
        (b"\x00" * 4000, "must name one"),
    ],
)
def test_what_is_no_product_list_is_refused_with_a_sentence(content, sentence, send) -> None:
    answer = send(content, content_type="application/octet-stream")
    assert answer.status == 422
    assert sentence in answer.body["detail"]


def test_a_form_and_too_much_are_refused(send) -> None:
    assert send("--x", content_type="multipart/form-data; boundary=x").status == 400
    assert send("SKU,Name\n" + "x" * 5_000_000).status == 413


def test_the_quotes_of_what_changed_are_reckoned_again(send, store, monkeypatch) -> None:
    send("SKU,Name,Price\nT-1,Slate,4\n")
    asked = []
    monkeypatch.setattr(
        changing, "reckon_quoted", lambda tx, of, skus: asked.append((of, sorted(skus)))
    )
    send("SKU,Name,Price\nT-1,Slate,5\nT-2,Sand,6\n")
    send("SKU,Name,Price\nT-1,Slate,5\nT-2,Sand,6\n", dry_run=True)
    assert asked == [(store, ["T-1", "T-2"])]


# ------------------------------------------------------------------------------- XLSX

CHRISTMAS = datetime(2026, 12, 24)  # noqa: DTZ001 - as Excel has it
HEAD = ["SKU", "Name", "Size", "Thickness", "Price", "In stock"]


def test_a_workbook_is_read_sheet_by_sheet(send, catalogue) -> None:
    content = workbook(
        ("Secret", [HEAD, ["T-9", "Hidden", "12 x 24", 1, 1, True]]),
        ("Cover", [["Price list"], ["2026"]]),
        (
            "Products",
            [
                ["Spring"],
                [],
                HEAD,
                [1001, "Slate", '12" x 24"', 0.375, 4.29, True],
                [None] * 6,
                ["T-2", "Sand", CHRISTMAS, "3/8", 3.99, False],
                [1e15, "Sky", "12 x 24", "3/8", "$1,234.50", 0],
                ["T-4", "Snow", "12 x 24", "3/8", "=1/0", "yes"],
                ["T-5", "Sea", "12 x 24", "3/8", "#N/A", "yes"],
                ["T-6", "Sun", "12 x 24", "3/8", 4.99 * 0.7565, "yes"],
            ],
        ),
        Secret="hidden",
    )
    answer = send(content)
    assert answer.counts == (2, 0, 0, 4), answer.body
    assert answer.body["file"]["sheet"] == "Products"
    assert answer.body["file"]["other_sheets"] == ["Secret", "Cover"]
    assert set(catalogue()) == {"1001", "1000000000000000"}
    said = answer.problems
    assert "date (24 Dec 2026)" in said[6]
    assert "formula" in said[8]
    assert "#N/A" in said[9]
    assert "two decimals" in said[10]


def test_merged_cells_count_once(send, catalogue) -> None:
    from openpyxl import load_workbook

    book = load_workbook(
        io.BytesIO(
            workbook(
                (
                    "A",
                    [
                        ["Tiles"],
                        ["SKU", "Name", "Brand"],
                        ["T-1", "Slate", "Fire"],
                        ["T-2", "Sand", None],
                    ],
                )
            )
        )
    )
    book["A"].merge_cells("A1:C1")
    book["A"].merge_cells("C3:C4")
    content = io.BytesIO()
    book.save(content)
    assert send(content.getvalue()).counts == (2, 0, 0, 0)
    assert catalogue()["T-2"]["brand"] is None


def _packed(**members: bytes) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, said in members.items():
            archive.writestr(name.replace("__", "/"), said)
    return content.getvalue()


def test_bombs_are_refused_within_limits(send) -> None:
    content = io.BytesIO()
    with (
        zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as member,
    ):
        for _ in range(2100):
            member.write(b"\0" * 1_000_000)
    answer = send(content.getvalue())
    assert (answer.status, "too large" in answer.body["detail"]) == (422, True)
    assert send(_packed(word__document=b"<w/>")).status == 422


def test_a_workbook_that_eats_memory_ends_in_its_own_process(send, function, monkeypatch) -> None:
    """One cell of 400 MB, which is little while it is packed."""
    monkeypatch.setattr(function.files, "MEMORY_BYTES", 150_000_000)
    book = zipfile.ZipFile(io.BytesIO(workbook(("A", [HEAD, ["T-1", "Slate"]]))))
    sheet = "xl/worksheets/sheet1.xml"
    before, _, after = book.read(sheet).partition(b"Slate")
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for each in book.namelist():
            if each != sheet:
                archive.writestr(each, book.read(each))
        with archive.open(sheet, "w") as member:
            member.write(before)
            for _ in range(400):
                member.write(b"a" * 1_000_000)
            member.write(after)
    answer = send(content.getvalue())
    assert answer.status == 422
    assert "save it as CSV" in answer.body["detail"]


# ------------------------------------------------------------------------------- uploads


@pytest.fixture
def uploaded(call, function, context, aws, store):
    """Begin an upload, put the file where its form says, and tell of it as the bucket does."""

    def upload(content: bytes, again: int = 1, **asked):
        body = json.dumps({"content_type": "text/csv", **asked})
        begun = call("POST", "/catalogue/imports/uploads", body)
        assert begun.status == 201, begun.body
        key = begun.body["upload"]["fields"]["key"]
        config.client("s3").put_object(Bucket=aws.bucket, Key=key, Body=content)
        for _ in range(again):
            answers = function.handler(_told(key), context)
        return begun.body["import_id"], answers

    return upload


def _told(key: str) -> dict:
    body = json.dumps({"Records": [{"s3": {"object": {"key": key}}}]})
    return {"Records": [{"messageId": "m-1", "receiptHandle": "r", "body": body, "attributes": {}}]}


def _show(call, id: str):
    return call("GET", f"/catalogue/imports/{id}", route="/catalogue/imports/{id}")


def test_an_upload_is_imported_once(uploaded, call, catalogue, owner, store) -> None:
    id, answers = uploaded(PLAIN.encode(), again=2, file_name="list.csv")
    assert answers == {"batchItemFailures": []}
    shown = _show(call, id)
    assert (shown.body["status"], shown.counts) == ("done", (2, 0, 0, 0))
    assert shown.body["file_name"] == "list.csv"
    assert set(catalogue()) == {"T-1", "T-2"}


def test_an_upload_that_is_no_product_list_fails_with_a_sentence(uploaded, call) -> None:
    id, answers = uploaded(b"%PDF-1.7")
    shown = _show(call, id).body
    assert (shown["status"], answers) == ("failed", {"batchItemFailures": []})
    assert "CSV or XLSX" in shown["message"]


def test_what_was_broken_off_goes_on_where_it_was(
    uploaded, call, catalogue, function, monkeypatch, context, store
) -> None:
    """The process dies in the third transaction; the message comes again."""
    monkeypatch.setattr(importing, "CHUNK", 10)
    save, calls = importing._save, []

    def dies(*given):
        calls.append(given)
        if len(calls) == 3:
            raise OSError("the process died")
        save(*given)

    monkeypatch.setattr(importing, "_save", dies)
    text = "SKU,Name,Price\n" + "".join(f"T-{n},Tile {n},{n}.50\n" for n in range(45))
    id, answers = uploaded(text.encode())
    assert answers["batchItemFailures"]
    halfway = _show(call, id)
    assert (halfway.body["status"], halfway.body["lines"]) == ("running", 20)
    assert halfway.body["lines_expected"] == 46
    assert len(catalogue()) == 20
    function.handler(_told(f"catalogue-imports/{store}/{id}"), context)
    shown = _show(call, id)
    assert (shown.body["status"], shown.body["lines"], shown.counts) == ("done", 45, (45, 0, 0, 0))
    assert len(calls) == 3 + 3, "two were stored before, and are not stored again"


def test_time_that_runs_out_leaves_the_rest_for_another_invocation(
    uploaded, call, function, monkeypatch, context, store
) -> None:
    monkeypatch.setattr(importing, "CHUNK", 10)
    monkeypatch.setattr(function, "LEFT_MS", 10**9)
    text = "SKU,Name\n" + "".join(f"T-{n},Tile {n}\n" for n in range(25))
    id, answers = uploaded(text.encode())
    assert answers["batchItemFailures"] == [{"itemIdentifier": "m-1"}]
    assert _show(call, id).body["status"] == "running"
    monkeypatch.setattr(function, "LEFT_MS", 0)
    assert function.handler(_told(f"catalogue-imports/{store}/{id}"), context) == {
        "batchItemFailures": []
    }
    assert _show(call, id).counts == (25, 0, 0, 0)


def test_one_import_of_a_store_at_a_time_and_others_are_not_kept_waiting(
    uploaded, send, call, new_store, store
) -> None:
    other = new_store()
    with db.try_lock(store, "catalogue-import") as free:
        assert free
        assert send(PLAIN).status == 409
        id, answers = uploaded(PLAIN.encode())
        assert answers["batchItemFailures"] == [{"itemIdentifier": "m-1"}]
        assert _show(call, id).body["status"] == "awaiting_upload"
        assert send(PLAIN, of=other).counts == (2, 0, 0, 0)


def test_a_store_expects_ten_uploads_at_most(call) -> None:
    body = '{"content_type": "text/csv"}'
    answers = [call("POST", "/catalogue/imports/uploads", body).status for _ in range(11)]
    assert answers == [201] * 10 + [409]


def test_the_form_takes_the_type_and_the_size_that_were_asked_for(call) -> None:
    import base64

    made = call("POST", "/catalogue/imports/uploads", '{"content_type": "text/csv"}').body["upload"]
    policy = json.loads(base64.b64decode(made["fields"]["policy"]))
    assert ["content-length-range", 1, 100_000_000] in policy["conditions"]
    assert {"Content-Type": "text/csv"} in policy["conditions"]


def test_a_store_sees_its_own_imports(send, call, new_store) -> None:
    id = send(PLAIN).body["import_id"]
    assert _show(call, id).status == 200
    other = call("GET", f"/catalogue/imports/{id}", of=new_store(), route="/catalogue/imports/{id}")
    assert other.status == 404
