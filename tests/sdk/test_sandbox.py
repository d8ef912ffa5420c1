"""Drives a sandbox through the official SDK. Usage: test_sandbox.py http://127.0.0.1:PORT"""

import base64
import io
import json
import struct
import sys
import urllib.request
import zlib

import lark_oapi as lark
from lark_oapi.api.contact.v3 import BatchGetIdUserRequest, BatchGetIdUserRequestBody
from lark_oapi.api.helpdesk.v1 import BotMessage, CreateBotMessageRequest
from lark_oapi.api.im.v1 import DeleteBatchMessageRequest, GetProgressBatchMessageRequest, ReadUserBatchMessageRequest
from lark_oapi.api.im.v1 import (
    CreateImageRequest, CreateImageRequestBody, CreateMessageRequest, CreateMessageRequestBody, DeleteMessageRequest,
    GetChatRequest, GetImageRequest, GetMessageRequest, IsInChatChatMembersRequest, ListChatRequest, ListMessageRequest,
    PatchMessageRequest, PatchMessageRequestBody, ReplyMessageRequest, ReplyMessageRequestBody, UpdateMessageRequest,
    UpdateMessageRequestBody,
)

from lark_oapi.api.contact.v3 import GetUserRequest
from lark_oapi.api.im.v1 import (
    CreateChatMembersRequest, CreateChatMembersRequestBody, CreateChatRequest, CreateChatRequestBody, CreateFileRequest,
    CreateFileRequestBody, CreateMessageReactionRequest, CreateMessageReactionRequestBody, CreatePinRequest, CreatePinRequestBody,
    DeleteChatMembersRequest, DeleteChatMembersRequestBody, DeleteMessageReactionRequest, DeletePinRequest, Emoji,
    ForwardMessageRequest, ForwardMessageRequestBody, ForwardThreadRequest, ForwardThreadRequestBody, GetChatMembersRequest,
    GetFileRequest, GetMessageResourceRequest, ListMessageReactionRequest, ListPinRequest, MergeForwardMessageRequest,
    MergeForwardMessageRequestBody, ReadUsersMessageRequest, SearchChatRequest, UrgentAppMessageRequest,
    UrgentPhoneMessageRequest, UrgentReceivers, UrgentSmsMessageRequest,
)

URL = sys.argv[1]
CHAT = "oc_00000000000000000000000000000001"
client = lark.Client.builder().app_id("cli_5d1b2c3d4e5f6071").app_secret("secret").domain(URL).build()
im = client.im.v1


def card(text):
    return json.dumps({"schema": "2.0", "config": {"update_multi": True},
                       "body": {"elements": [{"tag": "markdown", "content": text}]}})


def ok(response):
    assert response.success(), (response.code, response.msg, response.get_log_id())
    return getattr(response, "data", None)


def send(msg_type, content, to=CHAT, kind="chat_id", uuid=None):
    body = CreateMessageRequestBody.builder().receive_id(to).msg_type(msg_type).content(content)
    if uuid:
        body = body.uuid(uuid)
    return im.message.create(CreateMessageRequest.builder().receive_id_type(kind).request_body(body.build()).build())


def test_send_and_dedupe():
    first = ok(send("text", json.dumps({"text": "磁盘 93%"}), uuid="sdk-1"))
    assert first.message_id.startswith("om_") and first.chat_id == CHAT and first.msg_type == "text"
    assert first.sender.id_type == "app_id" and json.loads(first.body.content) == {"text": "磁盘 93%"}
    assert int(first.create_time) > 1_500_000_000_000
    assert ok(send("text", json.dumps({"text": "磁盘 93%"}), uuid="sdk-1")).message_id == first.message_id
    return first.message_id


def test_card_life():
    message_id = ok(send("interactive", card("firing"))).message_id
    body = PatchMessageRequestBody.builder().content(card("resolved")).build()
    ok(im.message.patch(PatchMessageRequest.builder().message_id(message_id).request_body(body).build()))
    body = ReplyMessageRequestBody.builder().msg_type("text").content(json.dumps({"text": "已恢复"})).reply_in_thread(True).build()
    reply = ok(im.message.reply(ReplyMessageRequest.builder().message_id(message_id).request_body(body).build()))
    assert reply.root_id == message_id and reply.thread_id.startswith("omt_")
    item = ok(im.message.get(GetMessageRequest.builder().message_id(message_id).build())).items[0]
    assert item.updated and "resolved" in item.body.content
    ok(im.message.delete(DeleteMessageRequest.builder().message_id(message_id).build()))
    again = im.message.delete(DeleteMessageRequest.builder().message_id(message_id).build())
    assert again.code == 230110, again.code


def test_edit(message_id):
    body = UpdateMessageRequestBody.builder().msg_type("text").content(json.dumps({"text": "edited"})).build()
    edited = ok(im.message.update(UpdateMessageRequest.builder().message_id(message_id).request_body(body).build()))
    assert edited.updated and json.loads(edited.body.content) == {"text": "edited"}


def test_errors_carry_a_log_id():
    refused = send("interactive", json.dumps({"schema": "2.0", "body": {"elements": [{"tag": "note"}]}}))
    assert refused.code == 230099 and "200861" in refused.msg and refused.get_log_id(), refused.msg
    assert send("text", "not json").code == 230001
    assert send("text", json.dumps({"text": "x"}), to="nobody", kind="open_id").code == 99992351


def test_lists():
    found = ok(im.message.list(ListMessageRequest.builder().container_id_type("chat").container_id(CHAT).page_size(1).build()))
    assert found.has_more and len(found.items) == 1
    chats = ok(im.chat.list(ListChatRequest.builder().page_size(100).build()))
    assert "值班告警" in [chat.name for chat in chats.items]
    assert ok(im.chat.get(GetChatRequest.builder().chat_id(CHAT).build())).chat_mode == "group"
    assert ok(im.chat_members.is_in_chat(IsInChatChatMembersRequest.builder().chat_id(CHAT).build())).is_in_chat


def test_people():
    body = BatchGetIdUserRequestBody.builder().emails(["wang@example.com", "no@corp.invalid"]).build()
    request = BatchGetIdUserRequest.builder().user_id_type("open_id").request_body(body).build()
    users = ok(client.contact.v3.user.batch_get_id(request)).user_list
    assert users[0].user_id.startswith("ou_") and users[1].user_id is None
    ok(send("text", json.dumps({"text": "hi"}), to=users[0].user_id, kind="open_id"))


def png():
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(b"\0\0")) + chunk(b"IEND", b"")


def test_images():
    body = CreateImageRequestBody.builder().image_type("message").image(io.BytesIO(png())).build()
    key = ok(im.image.create(CreateImageRequest.builder().request_body(body).build())).image_key
    back = im.image.get(GetImageRequest.builder().image_key(key).build())
    assert back.success() and back.file.read() == png()
    ok(send("image", json.dumps({"image_key": key})))


def admin(path, body):
    request = urllib.request.Request(URL + "/_sandbox/" + path, data=json.dumps(body).encode(), method="POST")
    return json.load(urllib.request.urlopen(request))


def text(content, to=CHAT):
    return ok(send("text", json.dumps({"text": content}), to=to)).message_id


def user(email):
    body = BatchGetIdUserRequestBody.builder().emails([email]).build()
    request = BatchGetIdUserRequest.builder().user_id_type("open_id").request_body(body).build()
    return ok(client.contact.v3.user.batch_get_id(request)).user_list[0].user_id


def test_files_and_resources():
    body = CreateFileRequestBody.builder().file_type("stream").file_name("alerts.csv").duration(10).file(io.BytesIO(b"a,b")).build()
    key = ok(im.file.create(CreateFileRequest.builder().request_body(body).build())).file_key
    back = im.file.get(GetFileRequest.builder().file_key(key).build())
    assert back.success() and back.file.read() == b"a,b" and back.file_name == "alerts.csv", back.file_name
    message = ok(send("file", json.dumps({"file_key": key}), to="oc_sdk_files"))
    assert json.loads(message.body.content)["file_name"] == "alerts.csv"
    request = GetMessageResourceRequest.builder().message_id(message.message_id).file_key(key).type("file").build()
    resource = im.message_resource.get(request)
    assert resource.success() and resource.file.read() == b"a,b" and resource.file_name == "alerts.csv"
    refused = im.message_resource.get(GetMessageResourceRequest.builder().message_id(message.message_id).file_key("x").type("file").build())
    assert refused.code == 234003, refused.code
    assert send("media", json.dumps({"file_key": key}), to="oc_sdk_files").code == 230055


def test_forwards():
    first, second = text("one", "oc_sdk_from"), text("two", "oc_sdk_from")
    body = ForwardMessageRequestBody.builder().receive_id("oc_sdk_to").build()
    request = ForwardMessageRequest.builder().message_id(first).receive_id_type("chat_id").uuid("sdk-f").request_body(body).build()
    forwarded = ok(im.message.forward(request))
    assert forwarded.chat_id == "oc_sdk_to" and json.loads(forwarded.body.content) == {"text": "one"}
    assert ok(im.message.forward(request)).message_id == forwarded.message_id
    body = MergeForwardMessageRequestBody.builder().receive_id("oc_sdk_to").message_id_list([first, second, "om_x"]).build()
    request = MergeForwardMessageRequest.builder().receive_id_type("chat_id").uuid("sdk-m").request_body(body).build()
    merged = ok(im.message.merge_forward(request))
    assert merged.invalid_message_id_list == ["om_x"] and merged.message.msg_type == "merge_forward"
    items = ok(im.message.get(GetMessageRequest.builder().message_id(merged.message.message_id).build())).items
    assert [item.upper_message_id for item in items] == [None] + [merged.message.message_id] * 2
    body = ReplyMessageRequestBody.builder().msg_type("text").content(json.dumps({"text": "r"})).reply_in_thread(True).build()
    reply = ok(im.message.reply(ReplyMessageRequest.builder().message_id(first).request_body(body).build()))
    body = ForwardThreadRequestBody.builder().receive_id("oc_sdk_to").build()
    request = ForwardThreadRequest.builder().thread_id(reply.thread_id).receive_id_type("chat_id").uuid("sdk-t").request_body(body).build()
    assert ok(im.thread.forward(request)).msg_type == "merge_forward"


def test_urgent_and_readers():
    message_id, wang = text("look"), user("wang@example.com")
    people = UrgentReceivers.builder().user_id_list([wang, "ou_stranger"]).build()
    for request, call in ((UrgentAppMessageRequest, im.message.urgent_app), (UrgentSmsMessageRequest, im.message.urgent_sms),
                          (UrgentPhoneMessageRequest, im.message.urgent_phone)):
        data = ok(call(request.builder().message_id(message_id).user_id_type("open_id").request_body(people).build()))
        assert data.invalid_user_id_list == ["ou_stranger"]
    admin("read", {"message_id": message_id, "by": [wang]})
    request = ReadUsersMessageRequest.builder().message_id(message_id).user_id_type("open_id").page_size(100).build()
    readers = ok(im.message.read_users(request))
    assert [reader.user_id for reader in readers.items] == [wang] and int(readers.items[0].timestamp) > 1_500_000_000_000
    assert readers.has_more is False


def test_pins_and_reactions():
    message_id = text("mark me", "oc_sdk_marks")
    body = CreatePinRequestBody.builder().message_id(message_id).build()
    pin = ok(im.pin.create(CreatePinRequest.builder().request_body(body).build())).pin
    assert pin.message_id == message_id and pin.operator_id_type == "app_id" and int(pin.create_time) > 1_500_000_000_000
    pins = ok(im.pin.list(ListPinRequest.builder().chat_id("oc_sdk_marks").page_size(50).build()))
    assert [item.message_id for item in pins.items] == [message_id]
    ok(im.pin.delete(DeletePinRequest.builder().message_id(message_id).build()))

    kind = Emoji.builder().emoji_type("DONE").build()
    body = CreateMessageReactionRequestBody.builder().reaction_type(kind).build()
    made = ok(im.message_reaction.create(CreateMessageReactionRequest.builder().message_id(message_id).request_body(body).build()))
    assert made.operator.operator_type == "app" and made.reaction_type.emoji_type == "DONE"
    theirs = admin("react", {"message_id": message_id, "by": "wang@example.com", "emoji_type": "OK"})
    listed = ok(im.message_reaction.list(ListMessageReactionRequest.builder().message_id(message_id).page_size(50).build()))
    assert [item.operator.operator_type for item in listed.items] == ["app", "user"]
    def delete(reaction_id):
        request = DeleteMessageReactionRequest.builder().message_id(message_id).reaction_id(reaction_id).build()
        return im.message_reaction.delete(request)
    assert ok(delete(made.reaction_id)).reaction_id == made.reaction_id
    assert delete(theirs["reaction_id"]).code == 231007


def test_groups():
    wang, li = user("wang@example.com"), user("li@example.com")
    body = CreateChatRequestBody.builder().name("[P1] DiskFull").owner_id(wang).user_id_list([wang]).urgent_setting("all_members").build()
    request = CreateChatRequest.builder().user_id_type("open_id").set_bot_manager(True).uuid("sdk-c").request_body(body).build()
    chat = ok(im.chat.create(request))
    assert chat.owner_id == wang and chat.name == "[P1] DiskFull"
    assert ok(im.chat.create(request)).chat_id == chat.chat_id
    body = CreateChatMembersRequestBody.builder().id_list([li, "nobody"]).build()
    request = CreateChatMembersRequest.builder().chat_id(chat.chat_id).member_id_type("open_id").succeed_type(1).request_body(body).build()
    added = ok(im.chat_members.create(request))
    assert added.not_existed_id_list == ["nobody"] and added.invalid_id_list == []
    request = GetChatMembersRequest.builder().chat_id(chat.chat_id).member_id_type("open_id").page_size(100).build()
    members = ok(im.chat_members.get(request))
    assert members.member_total == 2 and {member.member_id for member in members.items} == {wang, li}
    body = DeleteChatMembersRequestBody.builder().id_list([li]).build()
    request = DeleteChatMembersRequest.builder().chat_id(chat.chat_id).member_id_type("open_id").request_body(body).build()
    assert ok(im.chat_members.delete(request)).invalid_id_list == []
    found = ok(im.chat.search(SearchChatRequest.builder().query("diskfull").page_size(10).build()))
    assert [item.chat_id for item in found.items] == [chat.chat_id] and found.items[0].owner_id == wang
    person = ok(client.contact.v3.user.get(GetUserRequest.builder().user_id(wang).user_id_type("open_id").build())).user
    assert person.name == "王磊" and person.status.is_activated and person.avatar.avatar_72 == ""


def test_bot_info():
    request = lark.BaseRequest.builder().http_method(lark.HttpMethod.GET).uri("/open-apis/bot/v3/info")
    request = request.token_types({lark.AccessTokenType.TENANT}).build()
    response = client.request(request)
    assert response.success() and json.loads(response.raw.content)["bot"]["open_id"].startswith("ou_")


# Batches, the help desk, and the send call of before im/v1.

def raw(path, body):
    request = lark.BaseRequest.builder().http_method(lark.HttpMethod.POST).uri(path).body(body)
    return json.loads(client.request(request.token_types({lark.AccessTokenType.TENANT}).build()).raw.content)


def test_batches():
    answer = raw("/open-apis/message/v4/batch_send/", {
        "open_ids": ["ou_sdk_1", "ou_sdk_2", "nobody"], "msg_type": "post",
        "content": {"post": {"zh_cn": {"title": "P1", "content": [[{"tag": "text", "text": "db-1 down"}]]}}}})
    assert answer["code"] == 0 and answer["data"]["invalid_open_ids"] == ["nobody"], answer
    batch_id = answer["data"]["message_id"]
    travel = urllib.request.Request(URL + "/_sandbox/clock", data=json.dumps({"advance": "10s"}).encode(), method="POST")
    urllib.request.urlopen(travel)
    progress = ok(im.batch_message.get_progress(GetProgressBatchMessageRequest.builder().batch_message_id(batch_id).build()))
    sent = progress.batch_message_send_progress
    assert (sent.valid_user_ids_count, sent.success_user_ids_count, sent.read_user_ids_count) == (2, 2, 0), lark.JSON.marshal(sent)
    assert progress.batch_message_recall_progress.recall is False
    read = ok(im.batch_message.read_user(ReadUserBatchMessageRequest.builder().batch_message_id(batch_id).build())).read_user
    assert (read.read_count, read.total_count) == ("0", "2")
    ok(im.batch_message.delete(DeleteBatchMessageRequest.builder().batch_message_id(batch_id).build()))
    unknown = im.batch_message.get_progress(GetProgressBatchMessageRequest.builder().batch_message_id("bm-x").build())
    assert unknown.code == 230030, unknown.code


def test_old_sends():
    answer = raw("/open-apis/message/v4/send/", {"chat_id": CHAT, "msg_type": "text", "content": {"text": "磁盘 93%"}})
    assert answer["code"] == 0 and list(answer["data"]) == ["message_id"], answer
    assert ok(im.message.get(GetMessageRequest.builder().message_id(answer["data"]["message_id"]).build())).items[0].chat_id == CHAT


def test_help_desk():
    body = BotMessage.builder().msg_type("text").content(json.dumps({"text": "hi"})).receiver_id("ou_sdk_1").build()
    request = CreateBotMessageRequest.builder().user_id_type("open_id").request_body(body).build()
    assert client.helpdesk.v1.bot_message.create(request).code == 154001
    credential = base64.b64encode(b"6698486123456789012:ht-0a1b2c3d").decode()
    option = lark.RequestOption.builder().headers({"X-Lark-Helpdesk-Authorization": credential}).build()
    assert ok(client.helpdesk.v1.bot_message.create(request, option)).message_id.startswith("om_")


def test_expired_tokens_are_refused():
    urllib.request.urlopen(urllib.request.Request(URL + "/_sandbox/tokens/expire", data=b"{}", method="POST"))
    assert send("text", json.dumps({"text": "after"}), to="oc_other").code == 99991663


if __name__ == "__main__":
    message_id = test_send_and_dedupe()
    test_card_life()
    test_edit(message_id)
    test_errors_carry_a_log_id()
    test_lists()
    test_people()
    test_images()
    test_files_and_resources()
    test_forwards()
    test_urgent_and_readers()
    test_pins_and_reactions()
    test_groups()
    test_bot_info()
    test_batches()
    test_old_sends()
    test_help_desk()
    test_expired_tokens_are_refused()
    print("all good")
