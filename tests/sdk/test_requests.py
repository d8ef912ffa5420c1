"""Checks requests of larkhook against the official SDK's own models. Usage: test_requests.py requests.jsonl

Each line is one request: endpoint, method, path, query as pairs, and a JSON body or a form. Every query parameter and
every field of a body must be one that the SDK's model has, of its type; method and path must be the SDK's after its path
parameters are filled in. What the SDK lacks (see RAW) is checked against the platform's pages, written down here.
"""

import inspect
import json
import re
import sys
import typing
from urllib.parse import unquote

from lark_oapi.api.contact.v3 import BatchGetIdUserRequest, GetUserRequest
from lark_oapi.api.helpdesk.v1 import CreateBotMessageRequest
from lark_oapi.api.im import v1 as im

SDK = {
    "send": im.CreateMessageRequest,
    "reply": im.ReplyMessageRequest,
    "edit": im.UpdateMessageRequest,
    "patch": im.PatchMessageRequest,
    "recall": im.DeleteMessageRequest,
    "forward": im.ForwardMessageRequest,
    "merge_forward": im.MergeForwardMessageRequest,
    "thread_forward": im.ForwardThreadRequest,
    "get": im.GetMessageRequest,
    "list": im.ListMessageRequest,
    "read_users": im.ReadUsersMessageRequest,
    "urgent_app": im.UrgentAppMessageRequest,
    "urgent_sms": im.UrgentSmsMessageRequest,
    "urgent_phone": im.UrgentPhoneMessageRequest,
    "pin_create": im.CreatePinRequest,
    "pin_delete": im.DeletePinRequest,
    "pin_list": im.ListPinRequest,
    "reaction_create": im.CreateMessageReactionRequest,
    "reaction_delete": im.DeleteMessageReactionRequest,
    "reaction_list": im.ListMessageReactionRequest,
    "batch_progress": im.GetProgressBatchMessageRequest,
    "batch_read_user": im.ReadUserBatchMessageRequest,
    "batch_recall": im.DeleteBatchMessageRequest,
    "helpdesk_send": CreateBotMessageRequest,
    "chats": im.ListChatRequest,
    "chat_search": im.SearchChatRequest,
    "chat_info": im.GetChatRequest,
    "chat_create": im.CreateChatRequest,
    "members": im.GetChatMembersRequest,
    "members_add": im.CreateChatMembersRequest,
    "members_remove": im.DeleteChatMembersRequest,
    "is_in_chat": im.IsInChatChatMembersRequest,
    "batch_get_id": BatchGetIdUserRequest,
    "user": GetUserRequest,
    "image_upload": im.CreateImageRequest,
    "image_get": im.GetImageRequest,
    "file_upload": im.CreateFileRequest,
    "file_get": im.GetFileRequest,
    "resource": im.GetMessageResourceRequest,
}

# The SDK has no message/v4 (batch and legacy sending) and no bot/v3. By the platform's pages: content is an object, and
# a card stands in its place, never beside it. None stands for "anything".
TEXT = {"text": str}
POST = {"post": dict}
IDS = {"department_ids": [str], "open_ids": [str], "user_ids": [str], "union_ids": [str]}
TO = {"open_id": str, "user_id": str, "email": str, "chat_id": str, "root_id": str}
KINDS = {
    "batch_send": {"text": TEXT, "post": POST, "image": {"image_key": str}, "share_chat": {"share_chat_id": str}},
    "legacy_send": {"text": TEXT, "post": POST, "image": {"image_key": str}},
}
RAW = {
    "batch_send": ("POST", "/open-apis/message/v4/batch_send/", IDS),
    "legacy_send": ("POST", "/open-apis/message/v4/send/", TO),
    "bot_info": ("GET", "/open-apis/bot/v3/info", None),
}


def check_type(value, wanted, where):
    """Whether a JSON value is what a model's type says: classes are models, with their fields in _types."""
    origin, args = typing.get_origin(wanted), typing.get_args(wanted)
    if origin in (list, tuple):
        assert isinstance(value, list), f"{where}: {value!r} is no list"
        for n, item in enumerate(value):
            check_type(item, args[0], f"{where}[{n}]")
    elif origin is dict:
        assert isinstance(value, dict), f"{where}: {value!r} is no object"
    elif wanted is int:
        assert isinstance(value, int) and not isinstance(value, bool), f"{where}: {value!r} is no int"
    elif wanted in (str, bool):
        assert isinstance(value, wanted), f"{where}: {value!r} is no {wanted.__name__}"
    else:
        check_model(value, wanted, where)


def check_model(value, model, where):
    fields = model._types
    assert isinstance(value, dict), f"{where}: {value!r} is no object"
    for name, item in value.items():
        assert name in fields, f"{where}.{name} is no field of {model.__name__}, which has {sorted(fields)}"
        check_type(item, fields[name], f"{where}.{name}")
    # The model takes it as well, and gives the same back.
    parsed = model(value)
    for name in value:
        assert getattr(parsed, name) is not None, f"{where}.{name} was dropped by {model.__name__}"


def parameter(builder, name, text, where):
    """Sets one parameter as a user of the SDK would, by the builder's method of that name."""
    method = getattr(builder, name, None)
    assert method, f"{where}: {name} is no parameter of {type(builder).__name__}"
    wanted = list(inspect.signature(method).parameters.values())[0].annotation
    if wanted is int:
        method(int(text))
    elif wanted is bool:
        assert text in ("true", "false"), f"{where}: {name} is a bool, not {text!r}"
        method(text == "true")
    else:
        assert wanted is str, f"{where}: {name} is a {wanted}"
        method(text)


def check_sdk(request, model):
    where = request["endpoint"]
    builder = model.builder()
    blank = model.builder().build()
    names = re.findall(r":(\w+)", blank.uri)
    found = re.fullmatch(re.sub(r":\w+", "([^/]+)", blank.uri), request["path"])
    assert found, f"{where}: {request['path']} is not {blank.uri}"
    for name, value in zip(names, found.groups()):
        parameter(builder, name, unquote(value), where)
    for name, value in request["query"]:
        parameter(builder, name, value, where)

    body = request.get("body")
    if body is not None:
        model_of_body = inspect.signature(builder.request_body).parameters["request_body"].annotation
        check_model(body, model_of_body, where)
        builder.request_body(model_of_body(body))
    if "form" in request:
        fields = inspect.signature(builder.request_body).parameters["request_body"].annotation._types
        for name, value in request["form"].items():
            assert name in fields, f"{where}: {name} is no field of the form, which has {sorted(fields)}"
            is_file = typing.get_origin(fields[name]) is typing.IO or "IO" in str(fields[name])
            assert is_file == isinstance(value, dict), f"{where}: {name} is {'' if is_file else 'not '}the file"
            if fields[name] is int:
                int(value)

    built = builder.build()
    assert built.http_method.name == request["method"], f"{where}: {request['method']} is not {built.http_method.name}"
    # The SDK writes a bool as Python does.
    theirs = sorted((name, {"True": "true", "False": "false"}.get(str(value), str(value))) for name, value in built.queries)
    assert theirs == sorted(map(tuple, request["query"])), f"{where}: {request['query']} is not {theirs}"
    filled = built.uri
    for name, value in built.paths.items():
        filled = filled.replace(":" + name, value)
    assert filled == unquote(request["path"]), f"{where}: {request['path']} is not {filled}"


def check_raw(request):
    where = request["endpoint"]
    method, path, fields = RAW[where]
    assert (request["method"], request["path"], request["query"]) == (method, path, []), where
    body = request["body"]
    if fields is None:
        assert body is None, where
        return
    kind = body.pop("msg_type")
    if kind == "interactive":
        assert isinstance(body.pop("card"), dict), f"{where}: card is an object"
        assert "content" not in body, f"{where}: card and content exclude each other"
    else:
        content = body.pop("content")
        assert isinstance(content, dict), f"{where}: content is an object, never a string"
        wanted = KINDS[where][kind]
        assert content.keys() == wanted.keys(), f"{where}: {kind} content is {content}"
        for name, value in content.items():
            assert isinstance(value, wanted[name]), f"{where}: content.{name}"
    assert body, f"{where}: goes to nobody"
    for name, value in body.items():
        assert name in fields, f"{where}: {name} is no field"
        if isinstance(fields[name], list):
            assert 0 < len(value) <= 200 and all(isinstance(item, str) for item in value), f"{where}: {name}"
        else:
            assert isinstance(value, fields[name]), f"{where}: {name}"


seen = set()
with open(sys.argv[1], encoding="utf-8") as lines:
    for line in lines:
        request = json.loads(line)
        seen.add(request["endpoint"])
        if request["endpoint"] in RAW:
            check_raw(request)
        else:
            check_sdk(request, SDK[request["endpoint"]])

missing = (SDK.keys() | RAW.keys()) - seen
assert not missing, f"no request for {sorted(missing)}"
print(f"all good: {len(seen)} endpoints, {len(RAW)} of them without a model in the SDK")
