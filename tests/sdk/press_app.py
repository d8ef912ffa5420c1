"""An app made with the official Python SDK, which is told of pressed cards.

Usage: press_app.py http           prints its URL, then serves until its standard input ends
       press_app.py long SANDBOX   connects to the sandbox by a long connection, the same
"""

import logging
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import lark_oapi as lark
from lark_oapi.core.model import RawRequest
from lark_oapi.event.callback.model.p2_card_action_trigger import P2CardActionTrigger, P2CardActionTriggerResponse

APP_ID, ENCRYPT_KEY, TOKEN = "cli_a1b2c3d4e5f60718", "kitty-hawk-1903", "vt-alpha"


def pressed(data: P2CardActionTrigger) -> P2CardActionTriggerResponse:
    event = data.event
    seen = "{} {} {} {}".format(event.action.tag, event.action.value["act"], event.operator.open_id, event.context.open_message_id)
    assert event.token.startswith("c-") and event.host == "im_message" and data.header.app_id == APP_ID, lark.JSON.marshal(data)
    return P2CardActionTriggerResponse({
        "toast": {"type": "success", "content": seen, "i18n": {"en_us": "by python"}},
        "card": {"type": "raw", "data": {
            "schema": "2.0", "config": {"update_multi": True}, "body": {"elements": [{"tag": "markdown", "content": seen}]}}},
    })


# A long connection is authenticated when it is made: keys are for HTTP only.
keys = (ENCRYPT_KEY, TOKEN) if sys.argv[1] == "http" else ("", "")
handler = lark.EventDispatcherHandler.builder(*keys).register_p2_card_action_trigger(pressed).build()


class Serve(BaseHTTPRequestHandler):
    def do_POST(self):
        request = RawRequest()
        request.uri, request.headers = self.path, dict(self.headers)
        request.body = self.rfile.read(int(self.headers["Content-Length"]))
        response = handler.do(request)
        self.send_response(response.status_code)
        for name, value in response.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(response.content)

    def log_message(self, *_):
        pass


def http():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Serve)
    print("http://127.0.0.1:{}/callback".format(server.server_port), flush=True)
    server.serve_forever()


def long():
    lark.ws.Client(APP_ID, "secret", event_handler=handler, domain=sys.argv[2], log_level=lark.LogLevel.ERROR).start()


logging.basicConfig(stream=sys.stderr)
threading.Thread(target={"http": http, "long": long}[sys.argv[1]], daemon=True).start()
sys.stdin.read()
