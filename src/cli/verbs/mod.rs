//! `larkhook message`, `chats` and `people`: every verb of the platform from a shell.
//!
//! [`args`] is what can be typed, [`reach`] the way to the platform, [`content`] what a message says, [`files`] what is
//! uploaded and saved, [`show`] how answers look. What a verb does is in [`crate::verbs`].

pub mod args;
pub mod args_more;
mod content;
mod files;
pub mod help;
mod pages;
mod reach;
mod show;

use super::output::{Exit, Failure, Output, STRONG, plain, styled};
use crate::feishu::call::Urge;
use crate::util::clock::{Clock, before};
use crate::util::id;
use crate::verbs::content::Resource;
use crate::verbs::{CreateChat, ErrorKind, Request, Verb, VerbError};
use args::{By, Common, FileKind, Kind, Message, MessageAction};
use args_more::{Chats, ChatsAction, People, PeopleAction, UrgentBy};
use jiff::Timestamp;
use reach::Way;
use serde_json::{Value, json};
use std::io::{IsTerminal, Write};
use std::path::Path;

/// A command's options and the way it goes.
struct Doing<'a> {
    way: Way,
    common: &'a Common,
    output: Output,
}

/// Runs a message verb.
///
/// # Errors
/// It makes no sense, is refused, or the platform cannot be reached.
pub async fn message(args: Message, output: Output) -> anyhow::Result<Exit> {
    let Message { action, common } = args;
    let doing = Doing { way: Way::reach(&common).await?, common: &common, output };
    match action {
        MessageAction::Send(send) => {
            let (body, _) = doing.content(&send.content, Some(&send.to)).await?;
            doing.once(Verb::Send { to: send.to, body, uuid: send.uuid }, show::sent).await
        }
        MessageAction::Reply(reply) => {
            let (body, _) = doing.content(&reply.content, None).await?;
            doing.once(Verb::Reply { message: reply.id, body, in_thread: reply.in_thread, uuid: reply.uuid }, show::sent).await
        }
        MessageAction::Edit(edit) => {
            if edit.content.kind.is_some_and(|kind| !matches!(kind, Kind::Text | Kind::Post | Kind::Card)) {
                return Err(Failure::usage("texts, posts and cards can be edited; nothing else can").into());
            }
            let (body, guessed) = doing.content(&edit.content, None).await?;
            doing.once(Verb::Edit { message: edit.id, body, guessed }, |out, value| show::done(out, "changed", value)).await
        }
        MessageAction::Recall { id } => doing.once(Verb::Recall { id }, |out, value| show::done(out, "recalled", value)).await,
        MessageAction::Get { id } => doing.once(Verb::Get { message: id }, show::message).await,
        MessageAction::History(history) => doing.history(history).await,
        MessageAction::Forward(forward) => {
            let to = forward.to;
            doing.once(Verb::Forward { message: forward.id, to: to.to, uuid: to.uuid }, show::sent).await
        }
        MessageAction::ForwardThread { id, to } => {
            if !id.starts_with("omt_") {
                return Err(Failure::usage(format!("{id:?} is not the id of a topic; it begins with omt_")).into());
            }
            doing.once(Verb::Forward { message: id, to: to.to, uuid: to.uuid }, show::sent).await
        }
        MessageAction::MergeForward { ids, to } => {
            doing.once(Verb::MergeForward { messages: ids, to: to.to, uuid: to.uuid }, show::sent).await
        }
        MessageAction::Readers { id } => {
            doing.list(usize::MAX, |page| Verb::Readers { message: id.clone(), page }, |_| true, show::readers).await
        }
        MessageAction::Resource { id, key, kind, save } => doing.download(&key, Some(&id), kind.map(resource), &save).await,
        MessageAction::Download { key, save } => doing.download(&key, None, None, &save).await,
        MessageAction::Upload { file, kind, duration } => doing.upload(&file, kind, duration).await,
        MessageAction::React { id, emoji } => doing.once(Verb::React { message: id, emoji }, show::reaction).await,
        MessageAction::Unreact { id, reaction } => {
            doing.once(Verb::Unreact { message: id, reaction }, |out, value| show::done(out, "taken back", value)).await
        }
        MessageAction::Reactions { id, emoji } => {
            let verb = |page| Verb::Reactions { message: id.clone(), emoji: emoji.clone(), page };
            doing.list(usize::MAX, verb, |_| true, show::reactions).await
        }
        MessageAction::Pin { id } => doing.once(Verb::Pin { message: id }, |out, value| show::done(out, "pinned", value)).await,
        MessageAction::Unpin { id } => doing.once(Verb::Unpin { message: id }, |out, value| show::done(out, "unpinned", value)).await,
        MessageAction::Pins { chat } => doing.list(usize::MAX, |page| Verb::Pins { chat: chat.clone(), page }, |_| true, show::pins).await,
        MessageAction::Urgent { id, who, by } => {
            let by = match by {
                By::App => Urge::App,
                By::Sms => Urge::Sms,
                By::Phone => Urge::Phone,
            };
            doing.once(Verb::Urgent { message: id, who, by }, show::urged).await
        }
        MessageAction::Progress { batch } => doing.once(Verb::Progress { batch }, show::progress).await,
    }
}

/// Runs a chat verb.
///
/// # Errors
/// As [`message`].
pub async fn chats(args: Chats, output: Output) -> anyhow::Result<Exit> {
    let Chats { action, common } = args;
    let doing = Doing { way: Way::reach(&common).await?, common: &common, output };
    match action {
        ChatsAction::List { name, limit } => {
            let pattern = name.as_deref().map(pages::pattern).transpose()?;
            let fits = |item: &Value| {
                let name = item.get("name").and_then(Value::as_str).unwrap_or_default();
                pattern.as_ref().is_none_or(|pattern| pattern.is_match(name))
            };
            doing.list(limit, |page| Verb::Chats { page }, fits, show::chats).await
        }
        ChatsAction::Search { words, limit } => {
            doing.list(limit, |page| Verb::SearchChats { words: words.clone(), page }, |_| true, show::chats).await
        }
        ChatsAction::Info { chat } => doing.once(Verb::Chat { chat }, show::fields).await,
        ChatsAction::Create(new) => {
            let urgent_by = new.urgent_by.map(|by| match by {
                UrgentBy::OnlyOwner => "only_owner".to_owned(),
                UrgentBy::AllMembers => "all_members".to_owned(),
            });
            let chat = CreateChat {
                name: new.name,
                description: new.description,
                owner: new.owner,
                people: new.people,
                public: new.public,
                topics: new.topics,
                urgent_by,
                uuid: new.uuid,
            };
            doing.once(Verb::CreateChat(chat), |out, value| show::done(out, "created", value)).await
        }
        ChatsAction::Members { chat, limit } => {
            doing.list(limit, |page| Verb::Members { chat: chat.clone(), page }, |_| true, show::members).await
        }
        ChatsAction::Add(args) => {
            doing.once(Verb::AddMembers { chat: args.chat, who: args.who }, |out, value| show::changed(out, "added", value)).await
        }
        ChatsAction::Remove(args) => {
            doing.once(Verb::RemoveMembers { chat: args.chat, who: args.who }, |out, value| show::changed(out, "removed", value)).await
        }
    }
}

/// Runs a people verb.
///
/// # Errors
/// As [`message`].
pub async fn people(args: People, output: Output) -> anyhow::Result<Exit> {
    let People { action, common } = args;
    let doing = Doing { way: Way::reach(&common).await?, common: &common, output };
    match action {
        PeopleAction::Find { who } => doing.once(Verb::FindPeople { who }, show::people).await,
        PeopleAction::Show { who } => doing.once(Verb::Person { who }, show::fields).await,
    }
}

type Show = fn(&mut dyn Write, &Value) -> std::io::Result<()>;

impl Doing<'_> {
    fn request(&self, verb: Verb) -> Request {
        // Made here, so that it can be named although an answer of the server was lost.
        let default_uuid = (verb.uuid().is_none() && verb.repeatable_for().is_some()).then(id::new_id);
        Request { app: self.common.app.clone(), yes: self.common.yes, default_uuid, verb }
    }

    async fn content(&self, asked: &args::Content, to: Option<&str>) -> anyhow::Result<(crate::verbs::Body, bool)> {
        content::gather(&self.way, self.common.app.as_deref(), self.common.config.as_deref(), asked, to).await
    }

    /// One answer, shown.
    async fn once(&self, verb: Verb, show: Show) -> anyhow::Result<Exit> {
        let value = self.confirmed(self.request(verb)).await?;
        self.output.result(&value, |out| show(out, &value))?;
        Ok(if pages::incomplete(&value) { Exit::Failed } else { Exit::Ok })
    }

    /// Asks on a terminal where the request needs a yes.
    async fn confirmed(&self, mut request: Request) -> anyhow::Result<Value> {
        match self.way.run(&request).await {
            Err(error) if error.kind == ErrorKind::NeedsYes && std::io::stdin().is_terminal() && std::io::stderr().is_terminal() => {
                let question = error.message.split(';').next().unwrap_or_default();
                if !ask(question)? {
                    return Err(Failure { exit: Exit::Failed, message: "nothing was done".to_owned() }.into());
                }
                request.yes = true;
                self.way.run(&request).await.map_err(|error| self.failed(&error))
            }
            result => result.map_err(|error| self.failed(&error)),
        }
    }

    /// A failure; programs get all of it on standard output.
    fn failed(&self, error: &VerbError) -> anyhow::Error {
        if self.output.is_json() {
            let _ = self.output.json(&json!({ "error": error }));
        }
        reach::failure(error).into()
    }

    /// A list, page after page.
    async fn list(
        &self,
        limit: usize,
        verb: impl Fn(Option<String>) -> Verb,
        fits: impl Fn(&Value) -> bool,
        show: Show,
    ) -> anyhow::Result<Exit> {
        let request = |page| self.request(verb(page));
        let value = pages::all(&self.way, limit, request, fits).await.map_err(|error| self.failed(&error))?;
        self.output.result(&value, |out| show(out, &value))?;
        Ok(Exit::Ok)
    }

    async fn history(&self, asked: args::History) -> anyhow::Result<Exit> {
        let now = Clock::system().now();
        let time = |text: &Option<String>| text.as_deref().map(|text| moment(text, now)).transpose();
        let (since, until) = (time(&asked.since)?, time(&asked.until)?);
        let of = asked.chat.or(asked.thread).unwrap_or_default();
        let size = u32::try_from(asked.limit.clamp(1, 50)).unwrap_or(50);
        let verb = |page| Verb::History { of: of.clone(), since, until, oldest_first: asked.oldest_first, size, page };
        self.list(asked.limit, verb, |_| true, show::history).await
    }

    async fn download(&self, key: &str, message: Option<&str>, kind: Option<Resource>, save: &args::Save) -> anyhow::Result<Exit> {
        let work = self.way.download(self.common.app.as_deref(), key, message, kind);
        let file = files::told(true, &format!("downloading {key}"), work).await.map_err(|error| self.failed(&error))?;
        if let Some(path) = files::save(&file, key, save)? {
            let saved = json!({ "file": path.display().to_string(), "bytes": file.bytes.len(), "content_type": file.content_type });
            self.output.result(&saved, |out| {
                writeln!(out, "{} ({})", styled(plain(&path.display().to_string()), STRONG), files::size(file.bytes.len()))
            })?;
        }
        Ok(Exit::Ok)
    }

    async fn upload(&self, file: &Path, kind: Option<FileKind>, duration: Option<std::time::Duration>) -> anyhow::Result<Exit> {
        let input = files::read(Some(file), None)?;
        let picture = files::is_picture(&input.bytes) && input.bytes.len() <= crate::verbs::LARGEST_IMAGE;
        let kind = kind.map_or(if picture { Resource::Image } else { Resource::File }, resource);
        let key = files::upload(&self.way, self.common.app.as_deref(), input, kind, false, duration).await?;
        let name = if kind == Resource::Image { "image_key" } else { "file_key" };
        self.output.result(&json!({ name: key }), |out| writeln!(out, "{key}"))?;
        Ok(Exit::Ok)
    }
}

fn resource(kind: FileKind) -> Resource {
    match kind {
        FileKind::Image => Resource::Image,
        FileKind::File => Resource::File,
    }
}

/// `1h` ago, or a moment; in Unix seconds.
fn moment(text: &str, now: Timestamp) -> anyhow::Result<i64> {
    if let Ok(ago) = crate::util::duration::parse(text) {
        return Ok(before(now, ago).as_second());
    }
    let parsed: Result<Timestamp, _> = text.parse();
    parsed
        .map(|at| at.as_second())
        .map_err(|_| Failure::usage(format!("{text:?} is no time; write 1h, 7d or 2026-01-01T00:00:00+08:00")).into())
}

fn ask(question: &str) -> anyhow::Result<bool> {
    let mut err = anstream::stderr().lock();
    let (first, rest) = question.split_at(question.chars().next().map_or(0, char::len_utf8));
    write!(err, "{}{}. Go on? [y/N] ", first.to_uppercase(), plain(rest))?;
    err.flush()?;
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer)?;
    Ok(matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::args::{Cli, Command};
    use clap::Parser;

    #[test]
    fn times_are_ago_or_moments() {
        let now: Timestamp = "2026-01-02T00:00:00Z".parse().unwrap();
        assert_eq!(moment("1h", now).unwrap(), now.as_second() - 3600);
        assert_eq!(moment("2026-01-01T08:00:00+08:00", now).unwrap(), now.as_second() - 86_400);
        assert!(moment("yesterday", now).is_err());
    }

    #[test]
    fn verbs_are_typed_as_documented() {
        let parse = |line: &str| Cli::try_parse_from(line.split(' ')).map(|cli| cli.command);
        for line in [
            "larkhook message send --to chat:oc_1 -",
            "larkhook message send --to chat:oc_1 --template incident --data p.json",
            "larkhook message reply om_1 x.txt --in-thread",
            "larkhook message urgent om_1 --who email:a@b.c team:x --by phone --yes",
            "larkhook message history --chat oc_1 --since 1h --limit 5",
            "larkhook message merge-forward om_1 om_2 --to chat:oc_1 -c x.yaml",
            "larkhook chats create --name x --people a@b.c --urgent-by all_members",
            "larkhook chats remove oc_1 ou_1 -y --app ops",
            "larkhook people find email:a@b.c mobile:+8613800000000 --format json",
        ] {
            parse(line).unwrap_or_else(|error| panic!("{line}: {error}"));
        }
        for line in [
            "larkhook message send x.txt",
            "larkhook message send --to chat:oc_1 --template incident",
            "larkhook message history --since 1h",
            "larkhook message history --chat oc_1 --thread omt_1",
            "larkhook message history --thread omt_1 --since 1h",
            "larkhook message urgent om_1",
            "larkhook chats create",
        ] {
            assert!(parse(line).is_err(), "{line}");
        }
        let command = parse("larkhook chats remove oc_1 ou_1 -y --app ops").unwrap();
        assert!(matches!(command, Command::Chats(Chats { common: Common { yes: true, app: Some(_), .. }, .. })));
    }
}
