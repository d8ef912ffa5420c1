//! What `larkhook message` takes; [`args_more`](super::args_more) has chats and people.

use super::help;
use clap::{Args, Subcommand, ValueEnum};
use std::path::PathBuf;
use std::time::Duration;

/// Options that all these verbs have.
#[derive(Debug, Clone, Args)]
pub struct Common {
    /// Configuration file [default: larkhook.yaml; without one: LARKHOOK_APP_ID, LARKHOOK_APP_SECRET, LARKHOOK_PLATFORM]
    #[arg(short, long, value_name = "FILE", env = "LARKHOOK_CONFIG", global = true, help_heading = "Common options")]
    pub config: Option<PathBuf>,
    /// App that does it; needed only where several are configured
    #[arg(long, value_name = "NAME", global = true, help_heading = "Common options")]
    pub app: Option<String>,
    /// Through this server [default: the one of the configuration, where it runs]
    #[arg(long, value_name = "URL", global = true, help_heading = "Common options")]
    pub url: Option<String>,
    /// Bearer token of server.auth [default: the configuration's]
    #[arg(
        long,
        value_name = "TOKEN",
        env = "LARKHOOK_ADMIN_TOKEN",
        hide_env_values = true,
        global = true,
        help_heading = "Common options"
    )]
    pub token: Option<String>,
    /// Do not ask before what reaches many people, costs a quota or removes people
    #[arg(short, long, global = true, help_heading = "Common options")]
    pub yes: bool,
}

/// `larkhook message`
#[derive(Debug, Args)]
pub struct Message {
    /// What to do.
    #[command(subcommand)]
    pub action: MessageAction,
    /// Options of all verbs.
    #[command(flatten)]
    pub common: Common,
}

/// Message verbs.
#[derive(Debug, Subcommand)]
pub enum MessageAction {
    /// Send a message to a chat, a person, a team, a department, a list of people, a custom bot
    #[command(after_long_help = help::SEND)]
    Send(Send),
    /// Reply to a message
    #[command(after_long_help = help::REPLY)]
    Reply(Reply),
    /// Change a message that the app sent: text and post are edited, a card is replaced
    #[command(after_long_help = help::EDIT)]
    Edit(Edit),
    /// Take a message (om_) or a batch (bm-) back
    #[command(after_long_help = help::RECALL)]
    Recall {
        /// om_... or bm-...
        #[arg(value_name = "ID")]
        id: String,
    },
    /// Show a message
    #[command(after_long_help = help::GET)]
    Get {
        /// om_...
        #[arg(value_name = "ID")]
        id: String,
    },
    /// Show what was written in a chat or a topic
    #[command(after_long_help = help::HISTORY)]
    History(History),
    /// Forward a message
    #[command(after_long_help = help::FORWARD)]
    Forward(Forward),
    /// Forward 1-100 messages of one chat as one
    #[command(after_long_help = help::MERGE_FORWARD)]
    MergeForward {
        /// om_...
        #[arg(value_name = "ID", required = true)]
        ids: Vec<String>,
        /// Where to.
        #[command(flatten)]
        to: ForwardTo,
    },
    /// Forward a topic
    #[command(after_long_help = help::FORWARD_THREAD)]
    ForwardThread {
        /// omt_...
        #[arg(value_name = "ID")]
        id: String,
        /// Where to.
        #[command(flatten)]
        to: ForwardTo,
    },
    /// Who has read a message of the last seven days that the app sent
    #[command(after_long_help = help::READERS)]
    Readers {
        /// om_...
        #[arg(value_name = "ID")]
        id: String,
    },
    /// Download an image or file that stands in a message
    #[command(after_long_help = help::RESOURCE)]
    Resource {
        /// om_...
        #[arg(value_name = "ID")]
        id: String,
        /// img_..., file_...
        #[arg(value_name = "KEY")]
        key: String,
        /// What it is [default: image for img_, else file]
        #[arg(long = "type", value_enum, value_name = "TYPE")]
        kind: Option<FileKind>,
        /// Where to.
        #[command(flatten)]
        save: Save,
    },
    /// Upload an image or file; prints its key, which only this app can use
    #[command(after_long_help = help::UPLOAD)]
    Upload {
        /// The file
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// As what [default: image for pictures of up to 10 MB, else file]
        #[arg(long = "as", value_enum, value_name = "KIND")]
        kind: Option<FileKind>,
        /// Length of audio or video
        #[arg(long, value_name = "DURATION", value_parser = duration)]
        duration: Option<Duration>,
    },
    /// Download an image or file that the app uploaded
    #[command(after_long_help = help::DOWNLOAD)]
    Download {
        /// img_..., file_...
        #[arg(value_name = "KEY")]
        key: String,
        /// Where to.
        #[command(flatten)]
        save: Save,
    },
    /// React to a message
    #[command(after_long_help = help::REACT)]
    React {
        /// om_...
        #[arg(value_name = "ID")]
        id: String,
        /// Such as DONE, OK, THUMBSUP; case matters
        #[arg(value_name = "EMOJI")]
        emoji: String,
    },
    /// Take a reaction back
    #[command(after_long_help = help::REACT)]
    Unreact {
        /// om_...
        #[arg(value_name = "ID")]
        id: String,
        /// As `react` printed it
        #[arg(value_name = "REACTION_ID")]
        reaction: String,
    },
    /// Show the reactions to a message
    #[command(after_long_help = help::REACT)]
    Reactions {
        /// om_...
        #[arg(value_name = "ID")]
        id: String,
        /// Only this one
        #[arg(long, value_name = "EMOJI")]
        emoji: Option<String>,
    },
    /// Pin a message in its chat
    #[command(after_long_help = help::PIN)]
    Pin {
        /// om_...
        #[arg(value_name = "ID")]
        id: String,
    },
    /// Unpin a message
    #[command(after_long_help = help::PIN)]
    Unpin {
        /// om_...
        #[arg(value_name = "ID")]
        id: String,
    },
    /// Show the pins of a chat
    #[command(after_long_help = help::PIN)]
    Pins {
        /// oc_...
        #[arg(value_name = "CHAT")]
        chat: String,
    },
    /// Urge people to look at a message that the app sent
    #[command(after_long_help = help::URGENT)]
    Urgent {
        /// om_...
        #[arg(value_name = "ID")]
        id: String,
        /// People and teams, members of the chat: open_id:, user_id:, union_id:, email:, mobile:, team:
        #[arg(long, value_name = "ADDR", required = true, num_args = 1..)]
        who: Vec<String>,
        /// How; sms and phone cost the tenant's quota
        #[arg(long, value_enum, default_value_t = By::App)]
        by: By,
    },
    /// How far a batch has come, how many have read it, and its recall
    #[command(after_long_help = help::PROGRESS)]
    Progress {
        /// bm-...
        #[arg(value_name = "BATCH")]
        batch: String,
    },
}

/// What a message says.
#[derive(Debug, Clone, Args)]
pub struct Content {
    /// Text, post JSON, card JSON, a template (name.card.hbs), or the file to upload; - or nothing: standard input
    #[arg(value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// Kind of message [default: told by the content]
    #[arg(long, value_enum)]
    pub kind: Option<Kind>,
    /// Render this template; with --data
    #[arg(long, value_name = "NAME", requires = "data")]
    pub template: Option<String>,
    /// A webhook's body for the template
    #[arg(long, value_name = "PAYLOAD")]
    pub data: Option<PathBuf>,
    /// Key of something uploaded before, or what is shared: a chat's id, a person
    #[arg(long, value_name = "KEY", conflicts_with_all = ["file", "template"])]
    pub key: Option<String>,
    /// Name of the file as people see it [default: its own]
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
    /// Picture that a video shows before it runs: a file, or an img_ key
    #[arg(long, value_name = "IMAGE")]
    pub cover: Option<String>,
    /// Length of audio or video
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub duration: Option<Duration>,
}

/// `larkhook message send`
#[derive(Debug, Args)]
pub struct Send {
    /// chat:, open_id:, user_id:, union_id:, email:, mobile:, team:, bot:, department:, broadcast:[..], helpdesk:
    #[arg(long, value_name = "ADDR")]
    pub to: String,
    /// At most one message is made for it within an hour [default: a new one]
    #[arg(long)]
    pub uuid: Option<String>,
    /// Content.
    #[command(flatten)]
    pub content: Content,
}

/// `larkhook message reply`
#[derive(Debug, Args)]
pub struct Reply {
    /// om_...
    #[arg(value_name = "ID")]
    pub id: String,
    /// In the message's topic
    #[arg(long)]
    pub in_thread: bool,
    /// At most one reply is made for it within an hour [default: a new one]
    #[arg(long)]
    pub uuid: Option<String>,
    /// Content.
    #[command(flatten)]
    pub content: Content,
}

/// `larkhook message edit`
#[derive(Debug, Args)]
pub struct Edit {
    /// om_...
    #[arg(value_name = "ID")]
    pub id: String,
    /// Content.
    #[command(flatten)]
    pub content: Content,
}

/// `larkhook message history`
#[derive(Debug, Args)]
pub struct History {
    /// oc_...
    #[arg(long, value_name = "CHAT", required_unless_present = "thread")]
    pub chat: Option<String>,
    /// omt_...
    #[arg(long, value_name = "TOPIC", conflicts_with_all = ["chat", "since", "until"])]
    pub thread: Option<String>,
    /// From then on: 1h, 7d, or RFC 3339
    #[arg(long, value_name = "TIME")]
    pub since: Option<String>,
    /// Until then: 10m, or RFC 3339
    #[arg(long, value_name = "TIME")]
    pub until: Option<String>,
    /// At most so many
    #[arg(long, value_name = "N", default_value_t = 50)]
    pub limit: usize,
    /// Oldest first
    #[arg(long)]
    pub oldest_first: bool,
}

/// `larkhook message forward`
#[derive(Debug, Args)]
pub struct Forward {
    /// om_...
    #[arg(value_name = "ID")]
    pub id: String,
    /// Where to.
    #[command(flatten)]
    pub to: ForwardTo,
}

/// Where something is forwarded to.
#[derive(Debug, Clone, Args)]
pub struct ForwardTo {
    /// chat:, open_id:, user_id:, union_id:, email:, mobile:, thread:omt_...
    #[arg(long, value_name = "ADDR")]
    pub to: String,
    /// At most one message is made for it within an hour [default: a new one]
    #[arg(long)]
    pub uuid: Option<String>,
}

/// Where a download goes.
#[derive(Debug, Clone, Args)]
pub struct Save {
    /// Write here; - is standard output [default: the name the platform gives]
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Overwrite what is there
    #[arg(long)]
    pub force: bool,
}

/// Kinds of messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Kind {
    /// Plain text
    Text,
    /// Rich text
    Post,
    /// Interactive card
    Card,
    /// A picture
    Image,
    /// A file
    File,
    /// An OPUS file
    Audio,
    /// An MP4 file
    Media,
    /// A sticker the bot was sent (--key)
    Sticker,
    /// A chat's card (--key oc_...)
    ShareChat,
    /// A person's card (--key ADDR)
    ShareUser,
}

/// What something is uploaded or asked for as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum FileKind {
    /// An image
    Image,
    /// A file, audio or video
    File,
}

/// How people are urged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum By {
    /// In the app
    App,
    /// By text message
    Sms,
    /// By phone
    Phone,
}

fn duration(text: &str) -> Result<Duration, String> {
    crate::util::duration::parse(text)
}
