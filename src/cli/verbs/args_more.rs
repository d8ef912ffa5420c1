//! What `larkhook chats` and `larkhook people` take.

use super::args::Common;
use super::help;
use clap::{Args, Subcommand, ValueEnum};

/// `larkhook chats`
#[derive(Debug, Args)]
pub struct Chats {
    /// What to do.
    #[command(subcommand)]
    pub action: ChatsAction,
    /// Options of all verbs.
    #[command(flatten)]
    pub common: Common,
}

/// Chat verbs.
#[derive(Debug, Subcommand)]
pub enum ChatsAction {
    /// List the groups the bot is in
    #[command(after_long_help = help::CHATS_LIST)]
    List {
        /// Only names that hold this, or fit it (* and ?)
        #[arg(long, value_name = "PATTERN")]
        name: Option<String>,
        /// At most so many
        #[arg(long, value_name = "N", default_value_t = usize::MAX, hide_default_value = true)]
        limit: usize,
    },
    /// Find chats by words of their names or of their members' names
    #[command(after_long_help = help::CHATS_LIST)]
    Search {
        /// At most 64 characters
        #[arg(value_name = "WORDS")]
        words: String,
        /// At most so many
        #[arg(long, value_name = "N", default_value_t = 100)]
        limit: usize,
    },
    /// Show what a chat is and allows
    #[command(after_long_help = help::CHATS_LIST)]
    Info {
        /// oc_...
        #[arg(value_name = "CHAT")]
        chat: String,
    },
    /// Create a chat; the bot is in it
    #[command(after_long_help = help::CHATS_CREATE)]
    Create(Create),
    /// List the people in a chat; bots are not among them
    #[command(after_long_help = help::CHATS_MEMBERS)]
    Members {
        /// oc_...
        #[arg(value_name = "CHAT")]
        chat: String,
        /// At most so many
        #[arg(long, value_name = "N", default_value_t = usize::MAX, hide_default_value = true)]
        limit: usize,
    },
    /// Add people, teams, or bots by app id
    #[command(after_long_help = help::CHATS_MEMBERS)]
    Add(Who),
    /// Remove people, teams, or bots by app id
    #[command(after_long_help = help::CHATS_MEMBERS)]
    Remove(Who),
}

/// People of a chat.
#[derive(Debug, Args)]
pub struct Who {
    /// oc_...
    #[arg(value_name = "CHAT")]
    pub chat: String,
    /// open_id:, user_id:, union_id:, email:, mobile:, team:, cli_...
    #[arg(value_name = "ADDR", required = true)]
    pub who: Vec<String>,
}

/// `larkhook chats create`
#[derive(Debug, Args)]
pub struct Create {
    /// Its name
    #[arg(long)]
    pub name: String,
    /// What it is for
    #[arg(long, value_name = "TEXT")]
    pub description: Option<String>,
    /// Who owns it [default: the bot]
    #[arg(long, value_name = "ADDR")]
    pub owner: Option<String>,
    /// Who is in it from the start, at most 50
    #[arg(long, value_name = "ADDR", num_args = 1..)]
    pub people: Vec<String>,
    /// Anybody may find and join it
    #[arg(long)]
    pub public: bool,
    /// Its messages are topics
    #[arg(long)]
    pub topics: bool,
    /// Who may urge
    #[arg(long, value_enum, value_name = "WHO")]
    pub urgent_by: Option<UrgentBy>,
    /// At most one chat is made for it within ten hours [default: a new one]
    #[arg(long)]
    pub uuid: Option<String>,
}

/// Who may urge in a chat.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
pub enum UrgentBy {
    /// The owner
    OnlyOwner,
    /// Everybody
    AllMembers,
}

/// `larkhook people`
#[derive(Debug, Args)]
pub struct People {
    /// What to do.
    #[command(subcommand)]
    pub action: PeopleAction,
    /// Options of all verbs.
    #[command(flatten)]
    pub common: Common,
}

/// People verbs.
#[derive(Debug, Subcommand)]
pub enum PeopleAction {
    /// E-mail addresses, mobile numbers and teams to ids
    #[command(after_long_help = help::PEOPLE)]
    Find {
        /// email:, mobile:, team:
        #[arg(value_name = "ADDR", required = true)]
        who: Vec<String>,
    },
    /// Show what the app may see of one person
    #[command(after_long_help = help::PEOPLE)]
    Show {
        /// Any kind of person
        #[arg(value_name = "ADDR")]
        who: String,
    },
}
