//! A Feishu/Lark stand-in: the Open API surface larkhook uses, in memory, with faults on demand.
//!
//! It behaves by the platform's documentation, not by what our client sends. `gate` is the way of every
//! call; `api` has the endpoints; `world` is who exists; `admin` is the sandbox's own API under
//! `/_sandbox/`. Nothing in here knows alerts, and nothing leaves the process. Start reading at [`Sandbox`].

mod admin;
mod answer;
mod api;
mod apps;
mod batches;
mod calls;
mod clock;
mod content;
mod core;
mod departments;
mod endpoint;
mod exchanges;
mod faults;
mod files;
mod gate;
mod groups;
mod handle;
mod images;
mod inbox;
mod limits;
mod long;
mod messages;
mod net;
mod people;
mod press;
mod pulse;
mod tokens;
mod uploads;
mod uuids;
mod world;
mod world_file;
mod world_ops;

pub use apps::{App, Callback};
pub use batches::{BatchProgress, BatchReport, BatchRules};
pub use calls::{Call, Count};
pub use core::{Switches, UuidMode};
pub use departments::{Department, Helpdesk};
pub use endpoint::Endpoint;
pub use faults::{Action, Fault, Faults, Outage, When};
pub use handle::{Handle, Options, Sandbox};
pub use long::ConnectionInfo;
pub use messages::{Change, Message, Pin, Reaction, Read, Recalled, Sender, Urgent, UrgentKind, Version};
pub use press::{CallbackSetting, Host, Outcome, Press, PressError, PressRecord, Pressed, Request, Response, ShownToast, ToastKind};
pub use world::{Chat, ChatMode, ChatStatus, Hook, Person, World};
pub use world_ops::{WorldError, WorldOp};
