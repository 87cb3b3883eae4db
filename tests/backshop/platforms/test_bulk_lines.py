"""A line of a bulk result ends with a newline and with nothing else, whatever its texts hold.

Reported of line iterators in modaic-ai/modaic#188, lightdash/lightdash#26655, awslabs/gluonts#920.
"""

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from backshop.platforms.shopify import bulk


@pytest.mark.parametrize("separator", ["\u2028", "\u2029", "\x85", "\x0b", "\x1c"])
def test_every_order_is_read_whole(separator):
    lines = []
    for number in (1, 2, 3):
        note = f"For Anna{separator} with love" if number == 2 else "none"
        order = {
            "id": f"gid://shopify/Order/{number}",
            "name": f"#{number}",
            "customAttributes": [{"key": "gift", "value": note}],
        }
        line = {
            "__typename": "LineItem",
            "id": f"gid://shopify/LineItem/{number}1",
            "__parentId": order["id"],
        }
        lines += [order, line]
    raw = separator in ("\u2028", "\u2029", "\x85")  # JSON escapes control characters
    body = "\n".join(json.dumps(each, ensure_ascii=not raw) for each in lines).encode()

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Answer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        url = f"http://127.0.0.1:{server.server_port}/"
        found = list(bulk.orders(url, 0, lambda: 30.0))
    finally:
        server.shutdown()
        server.server_close()
    read = [
        (each.order["name"], len(each.order["lineItems"]["nodes"])) for each in found if each.order
    ]
    assert read == [("#1", 1), ("#2", 1), ("#3", 1)]
