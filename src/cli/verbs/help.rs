//! Examples under `--help`, one text a verb.

/// `larkhook message`
pub const MESSAGE: &str = "\
Examples:
  echo 'disk full on db-1' | larkhook message send --to chat:oc_5ad11d72b830411d72b836c20
  larkhook message send --to email:li@example.com card.json
  larkhook message recall om_dc13264520392913993dd051dba21dcf

Where the configuration's server runs, verbs go through it and share its budgets.
Exit codes: 0 done, 1 refused or failed, 2 usage (also: needs --yes), 3 could not be reached.";

/// `larkhook message send`
pub const SEND: &str = "\
Examples:
  echo 'disk full on db-1' | larkhook message send --to chat:oc_5ad11d72b830411d72b836c20
  larkhook message send --to team:dba notes.txt
  larkhook message send --to email:li@example.com card.json
  larkhook message send --to team:dba --template incident --data payload.json
  larkhook message send --to chat:oc_5ad11d72b830411d72b836c20 --kind image graph.png
  larkhook message send --to mobile:+8613800000000 --kind media a.mp4 --cover a.png
  larkhook message send --to department:od-4e6ac4d14bcd5071a37a39de902c7141 --yes notice.txt
  larkhook message send --to 'broadcast:[email:li@example.com,team:dba]' notice.txt

JSON with schema or elements is a card, with languages (zh_cn, en_us) a post, everything else text.
Content is checked by the platform's rules first. Departments, and more than 20 people, need --yes.";

/// `larkhook message reply`
pub const REPLY: &str = "\
Examples:
  echo 'on it' | larkhook message reply om_dc13264520392913993dd051dba21dcf
  larkhook message reply om_dc13264520392913993dd051dba21dcf --in-thread --kind file slow-queries.log";

/// `larkhook message edit`
pub const EDIT: &str = "\
Examples:
  echo 'over' | larkhook message edit om_dc13264520392913993dd051dba21dcf
  larkhook message edit om_dc13264520392913993dd051dba21dcf card.json

A text or post can be edited 20 times, a card replaced for 14 days.";

/// `larkhook message recall`
pub const RECALL: &str = "\
Examples:
  larkhook message recall om_dc13264520392913993dd051dba21dcf
  larkhook message recall bm-dc13264520392913993dd051dba21dcf     bit by bit: see larkhook message progress";

/// `larkhook message get`
pub const GET: &str = "\
Examples:
  larkhook message get om_dc13264520392913993dd051dba21dcf
  larkhook message get om_dc13264520392913993dd051dba21dcf --format json

Messages of groups need the scope im:message.group_msg.";

/// `larkhook message history`
pub const HISTORY: &str = "\
Examples:
  larkhook message history --chat oc_5ad11d72b830411d72b836c20 --since 1h
  larkhook message history --chat oc_5ad11d72b830411d72b836c20 --oldest-first --limit 500
  larkhook message history --thread omt_d4be107c616aed9c1da8ed8068570a9f";

/// `larkhook message forward`
pub const FORWARD: &str = "\
Examples:
  larkhook message forward om_dc13264520392913993dd051dba21dcf --to email:li@example.com
  larkhook message forward om_dc13264520392913993dd051dba21dcf --to thread:omt_d4be107c616aed9c1da8ed8068570a9f";

/// `larkhook message merge-forward`
pub const MERGE_FORWARD: &str = "\
Examples:
  larkhook message merge-forward om_1a2b3c om_4d5e6f --to chat:oc_5ad11d72b830411d72b836c20";

/// `larkhook message forward-thread`
pub const FORWARD_THREAD: &str = "\
Examples:
  larkhook message forward-thread omt_d4be107c616aed9c1da8ed8068570a9f --to chat:oc_5ad11d72b830411d72b836c20";

/// `larkhook message readers`
pub const READERS: &str = "\
Examples:
  larkhook message readers om_dc13264520392913993dd051dba21dcf";

/// `larkhook message resource`
pub const RESOURCE: &str = "\
Examples:
  larkhook message resource om_dc13264520392913993dd051dba21dcf file_v3_0015a -o app.log

At most 100 MB. What is there already is not overwritten without --force.";

/// `larkhook message upload`
pub const UPLOAD: &str = "\
Examples:
  larkhook message upload graph.png
  larkhook message upload graph.png --as file

Images: at most 10 MB. Files: at most 30 MB.";

/// `larkhook message download`
pub const DOWNLOAD: &str = "\
Examples:
  larkhook message download img_v3_02ab                 as its own name
  larkhook message download file_v3_0015a -o - | less";

/// Reactions.
pub const REACT: &str = "\
Examples:
  larkhook message react om_dc13264520392913993dd051dba21dcf DONE
  larkhook message reactions om_dc13264520392913993dd051dba21dcf --emoji DONE
  larkhook message unreact om_dc13264520392913993dd051dba21dcf ZCaCIjUBVVWSrm5L-3ZTw";

/// Pins.
pub const PIN: &str = "\
Examples:
  larkhook message pin om_dc13264520392913993dd051dba21dcf
  larkhook message pins oc_5ad11d72b830411d72b836c20
  larkhook message unpin om_dc13264520392913993dd051dba21dcf";

/// `larkhook message urgent`
pub const URGENT: &str = "\
Examples:
  larkhook message urgent om_dc13264520392913993dd051dba21dcf --who email:li@example.com team:dba
  larkhook message urgent om_dc13264520392913993dd051dba21dcf --who team:dba --by phone --yes

sms and phone cost the tenant's quota and, like more than 20 people, need --yes.
A call whose outcome is unknown is never repeated.";

/// `larkhook message progress`
pub const PROGRESS: &str = "\
Examples:
  larkhook message progress bm-dc13264520392913993dd051dba21dcf

Batches can be asked about for 30 days.";

/// `larkhook chats`
pub const CHATS: &str = "\
Examples:
  larkhook chats list --name '*alerts*'
  larkhook chats members oc_5ad11d72b830411d72b836c20
  larkhook chats create --name 'db-1 down' --people team:dba --urgent-by all_members";

/// Lists of chats.
pub const CHATS_LIST: &str = "\
Examples:
  larkhook chats list
  larkhook chats list --name '*alerts*' --format json
  larkhook chats search dba
  larkhook chats info oc_5ad11d72b830411d72b836c20";

/// `larkhook chats create`
pub const CHATS_CREATE: &str = "\
Examples:
  larkhook chats create --name 'db-1 down' --owner email:li@example.com --people team:dba
  larkhook chats create --name alerts --topics --urgent-by all_members";

/// Members of chats.
pub const CHATS_MEMBERS: &str = "\
Examples:
  larkhook chats members oc_5ad11d72b830411d72b836c20
  larkhook chats add oc_5ad11d72b830411d72b836c20 email:li@example.com team:dba
  larkhook chats remove oc_5ad11d72b830411d72b836c20 email:li@example.com --yes";

/// `larkhook people`
pub const PEOPLE: &str = "\
Examples:
  larkhook people find email:li@example.com mobile:+8613800000000 team:dba
  larkhook people show email:li@example.com

Needs the scope contact:user.id:readonly; names also contact:user.base:readonly.";
