//! Carries out a verb: each call admitted by the budgets, repeated where that is safe, told apart when it fails.
//!
//! Not cancel safe: where the future is dropped within a call, its outcome is unknown. Start at [`Executor::run`].

use super::budgets::Budgets;
use super::error::{ErrorKind, VerbError};
use super::send::repeatable;
use super::{Request, Verb};
use crate::config::settings;
use crate::deliver::limiter::{Admit, Budget, Demand, Scope};
use crate::feishu::call::{Call, Upload};
use crate::feishu::client::Download;
use crate::feishu::error::{Answer, Class, Endpoint, Outcome, Timed};
use crate::feishu::webhook_bot::Hook;
use crate::live::{AppChannel, Live};
use crate::util::clock::{Clock, since};
use crate::util::id;
use jiff::Timestamp;
use serde_json::{Value, json};
use std::time::Duration;
use tokio::time::Instant;

/// A verb begins no call, and no repeat of one, after this long.
pub const PATIENCE: Duration = Duration::from_secs(60);
/// Tries of one call that a limit or a failing platform turns away.
const TRIES: u32 = 5;
/// Tries of a call that does not even reach the platform: people wait, and wrong addresses do not mend.
const TRIES_UNREACHED: u32 = 2;
/// Before the second try; doubles.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
/// Longest `uuid` the platform takes, in characters.
const LONGEST_UUID: usize = 50;
/// Clocks that jump are noticed so soon.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// One request's way to the platform.
pub struct Executor<'a> {
    pub(super) live: &'a Live,
    pub(super) budgets: &'a dyn Budgets,
    pub(super) clock: &'a Clock,
    until: Instant,
}

/// One app with its settings.
#[derive(Clone, Copy)]
pub(super) struct App<'a> {
    pub(super) channel: &'a AppChannel,
    pub(super) settings: &'a settings::App,
}

/// What is to be done once.
#[derive(Clone, Copy)]
enum Work<'w> {
    Call(&'w Call),
    Upload(&'w Upload),
    Download(&'w Call),
}

/// What came of it.
enum Got {
    Answer(Answer),
    File(Download),
}

impl<'a> Executor<'a> {
    /// For one request: its time begins now.
    pub fn new(live: &'a Live, budgets: &'a dyn Budgets, clock: &'a Clock) -> Self {
        Self { live, budgets, clock, until: Instant::now() + PATIENCE }
    }

    /// Does what is asked. The answer is the platform's data and what we add to it.
    ///
    /// # Errors
    /// It makes no sense, is refused, or its outcome is unknown.
    pub async fn run(&self, request: &Request) -> Result<Value, VerbError> {
        let uuid = uuid_of(request)?;
        let lasts = request.verb.repeatable_for().unwrap_or_default();
        self.done(request, &uuid).await.map_err(|error| repeatable(error, &uuid, lasts))
    }

    async fn done(&self, request: &Request, uuid: &str) -> Result<Value, VerbError> {
        let app = || self.app(request.app.as_deref());
        match &request.verb {
            Verb::Send { to, body, .. } => self.send(request, to, body, uuid).await,
            Verb::Reply { message, body, in_thread, .. } => self.reply(app()?, message, body, *in_thread, uuid).await,
            Verb::Edit { message, body, guessed } => self.edit(app()?, message, body, *guessed).await,
            Verb::Recall { id } => self.recall(app()?, id).await,
            Verb::Forward { message, to, .. } => self.forward(app()?, std::slice::from_ref(message), false, to, uuid).await,
            Verb::MergeForward { messages, to, .. } => self.forward(app()?, messages, true, to, uuid).await,
            Verb::Urgent { message, who, by } => self.urgent(app()?, message, who, *by, request.yes).await,
            Verb::Get { .. } | Verb::History { .. } | Verb::Readers { .. } | Verb::Progress { .. } => {
                self.read(app()?, &request.verb).await
            }
            Verb::React { .. }
            | Verb::Unreact { .. }
            | Verb::Reactions { .. }
            | Verb::Pin { .. }
            | Verb::Unpin { .. }
            | Verb::Pins { .. } => self.mark(app()?, &request.verb).await,
            Verb::Chats { .. } | Verb::SearchChats { .. } | Verb::Chat { .. } | Verb::Members { .. } => {
                self.look(app()?, &request.verb).await
            }
            Verb::CreateChat(new) => self.create_chat(app()?, new, uuid).await,
            Verb::AddMembers { chat, who } => self.members(app()?, chat, who, true).await,
            Verb::RemoveMembers { chat, who } if request.yes => self.members(app()?, chat, who, false).await,
            Verb::RemoveMembers { chat, who } => Err(VerbError::needs_yes(format!("this removes {} from {chat}", who.join(", ")))),
            Verb::FindPeople { who } => self.find_people(app()?, who).await,
            Verb::Person { who } => self.person(app()?, who).await,
        }
    }

    /// Uploads an image or file; the answer has its key.
    ///
    /// # Errors
    /// As [`Executor::run`].
    pub async fn upload(&self, app: Option<&str>, upload: &Upload) -> Result<Value, VerbError> {
        let app = self.app(app)?;
        match self.tries(app, Work::Upload(upload), upload.endpoint, Scope::None, true).await? {
            Got::Answer(answer) => Ok(answer.data),
            Got::File(_) => Ok(Value::Null),
        }
    }

    /// Downloads what the call names.
    ///
    /// # Errors
    /// As [`Executor::run`].
    pub async fn download(&self, app: Option<&str>, call: &Call) -> Result<Download, VerbError> {
        let app = self.app(app)?;
        match self.tries(app, Work::Download(call), call.endpoint, Scope::None, true).await? {
            Got::File(file) => Ok(file),
            Got::Answer(_) => Err(VerbError::new(ErrorKind::Refused, "the platform answered without a file")),
        }
    }

    /// The app that is named, or the only one.
    pub(super) fn app(&self, name: Option<&str>) -> Result<App<'a>, VerbError> {
        let all = || self.live.settings.apps.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
        let name = match (name, self.live.settings.apps.len()) {
            (Some(name), _) => name,
            (None, 1) => self.live.settings.apps.keys().next().map(String::as_str).unwrap_or_default(),
            (None, 0) => return Err(VerbError::usage("no app is configured").at("app")),
            (None, _) => return Err(VerbError::usage(format!("several apps are configured; name one with --app: {}", all())).at("app")),
        };
        match (self.live.channels.apps.get(name), self.live.settings.apps.get(name)) {
            (Some(channel), Some(settings)) => Ok(App { channel, settings }),
            _ => Err(VerbError::usage(format!("no app is called {name:?}; there is: {}", all())).at("app")),
        }
    }

    /// A call that is answered with JSON.
    pub(super) async fn call(&self, app: App<'_>, call: &Call, scope: Scope<'_>) -> Result<Answer, VerbError> {
        let safe = call.endpoint.has_uuid() || call.endpoint.is_repeatable();
        match self.tries(app, Work::Call(call), call.endpoint, scope, safe).await? {
            Got::Answer(answer) => Ok(answer),
            Got::File(_) => Err(VerbError::new(ErrorKind::Refused, "the platform answered with a file")),
        }
    }

    /// A custom bot's message: one try, for nothing tells it from a second one. Of several bots whoever is free first makes it.
    pub(super) async fn hook(&self, hooks: &[&Hook], body: &Value) -> Result<Answer, VerbError> {
        let demands: Vec<_> = hooks.iter().map(|hook| Demand { app: None, api: Endpoint::Hook, scope: Scope::Bot(hook.name()) }).collect();
        for tries in 1.. {
            let (demand, hook) = match self.admitted(&demands).await.map(|free| (demands.get(free), hooks.get(free)))? {
                (Some(demand), Some(hook)) => (demand, hook),
                _ => break,
            };
            let Timed { value: outcome, took } = hook.post(body, self.clock.now()).await;
            let ok = outcome.class(Endpoint::Hook) == Class::Ok;
            self.budgets.learn(demand, Some(&outcome).filter(|_| !ok), took);
            match outcome {
                Outcome::Answered(answer) if ok => return Ok(answer),
                outcome => self.again(Endpoint::Hook, &outcome, false, tries).await?,
            }
        }
        Err(VerbError::new(ErrorKind::Refused, "no try is left"))
    }

    async fn tries(&self, app: App<'_>, work: Work<'_>, endpoint: Endpoint, scope: Scope<'_>, safe: bool) -> Result<Got, VerbError> {
        let demand = Demand { app: Some(app.settings.name.as_str()), api: endpoint, scope };
        for tries in 1.. {
            self.admitted(std::slice::from_ref(&demand)).await?;
            let Timed { value, took } = self.once(app, work).await;
            let outcome = match value {
                Ok(got) => {
                    self.budgets.learn(&demand, None, took);
                    return Ok(got);
                }
                Err(outcome) => outcome,
            };
            self.budgets.learn(&demand, Some(&outcome), took);
            self.again(endpoint, &outcome, safe, tries).await?;
        }
        Err(VerbError::new(ErrorKind::Refused, "no try is left"))
    }

    async fn once(&self, app: App<'_>, work: Work<'_>) -> Timed<Result<Got, Outcome>> {
        let client = &app.channel.client;
        let (timed, endpoint) = match work {
            Work::Call(call) => (client.call(call).await, call.endpoint),
            Work::Upload(upload) => (client.upload(upload).await, upload.endpoint),
            Work::Download(call) => {
                let Timed { value, took } = client.download(call).await;
                return Timed { value: value.map(Got::File), took };
            }
        };
        let Timed { value, took } = timed;
        let value = match value {
            outcome if outcome.class(endpoint) != Class::Ok => Err(outcome),
            Outcome::Answered(answer) => Ok(Got::Answer(answer)),
            outcome => Err(outcome),
        };
        Timed { value, took }
    }

    /// Waits until every budget of one of these calls admits it; says which.
    async fn admitted(&self, demands: &[Demand<'_>]) -> Result<usize, VerbError> {
        loop {
            if self.budgets.stopping() {
                return Err(VerbError::new(ErrorKind::Unreachable, "larkhook is stopping; nothing was called"));
            }
            if Instant::now() > self.until {
                let seconds = PATIENCE.as_secs();
                return Err(VerbError::new(
                    ErrorKind::Refused,
                    format!("not begun: this verb has had its {seconds} s; repeat it for the rest"),
                ));
            }
            let mut soonest: Option<(Timestamp, Budget, Endpoint)> = None;
            for (which, demand) in demands.iter().enumerate() {
                match self.budgets.ask(demand) {
                    Admit::Yes => return Ok(which),
                    Admit::WaitUntil(free, budget) if soonest.as_ref().is_none_or(|(first, ..)| free < *first) => {
                        soonest = Some((free, budget, demand.api));
                    }
                    Admit::WaitUntil(..) => {}
                }
            }
            let Some((free, budget, api)) = soonest else { return Err(VerbError::usage("no custom bot is named").at("to")) };
            let wait = since(self.clock.now(), free);
            if Instant::now() + wait > self.until {
                let seconds = wait.as_secs() + 1;
                let message = format!("the {} budget of {} is used up for {seconds} s; try again then", budget.as_str(), api);
                return Err(VerbError::new(ErrorKind::Refused, message));
            }
            tokio::time::sleep(wait.clamp(Duration::from_millis(1), LOOK_AGAIN)).await;
        }
    }

    /// Waits before the next try, or says why there is none.
    async fn again(&self, endpoint: Endpoint, outcome: &Outcome, safe: bool, tries: u32) -> Result<(), VerbError> {
        let most = match (outcome, outcome.class(endpoint)) {
            // Turned away for certain; the pause is the budget's.
            (_, Class::Rate { .. }) => TRIES,
            (Outcome::NotSent(..), Class::Retry) => TRIES_UNREACHED,
            (_, Class::Retry) if safe => TRIES,
            _ => 1,
        };
        let pause = FIRST_PAUSE * 2u32.saturating_pow(tries - 1);
        if tries >= most || Instant::now() + pause > self.until {
            return Err(VerbError::of(endpoint, outcome, safe, tries, self.live.settings.locale));
        }
        if !matches!(outcome.class(endpoint), Class::Rate { .. }) {
            tokio::time::sleep(pause).await;
        }
        Ok(())
    }
}

/// The `uuid` that is named, the one for want of it, or a new one.
fn uuid_of(request: &Request) -> Result<String, VerbError> {
    match request.verb.uuid().or(request.default_uuid.as_deref()) {
        Some(uuid) if uuid.is_empty() || uuid.chars().count() > LONGEST_UUID => {
            Err(VerbError::usage(format!("a uuid has 1 to {LONGEST_UUID} characters")).at("uuid"))
        }
        Some(uuid) => Ok(uuid.to_owned()),
        None => Ok(id::new_id()),
    }
}

/// The platform's data as an object, with fields of ours.
pub(super) fn with(data: Value, ours: &[(&str, Value)]) -> Value {
    let mut out = match data {
        Value::Object(map) => Value::Object(map),
        _ => json!({}),
    };
    if let Some(map) = out.as_object_mut() {
        map.extend(ours.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
    }
    out
}
