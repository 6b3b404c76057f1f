//! The server: connections, and how a request becomes an answer.

use std::collections::BTreeSet;
use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant, SystemTime};

use scproof_organization::Inventory;
use serde_json::{Map, Value};

use crate::fault::{Effect, Rule, Script};
use crate::http::{Connection, Delivery, Request, Response};
use crate::operation::{Outcome, Refusal, answer, subject};
use crate::paging::{Token, seal};
use crate::rates::{Buckets, Rates};
use crate::statistics::{Call, Statistics};
use crate::world::{Change, World};

/// The most items that a page may have (API-30).
const LARGEST_PAGE: usize = 20;

const AWS_JSON: &str = "application/x-amz-json-1.1";

/// How the server behaves.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// Which rates are enforced.
    pub rates: Rates,
    /// Items on a page at most, whatever the request allows: AWS's pages may be shorter too (API-31).
    pub page_size: usize,
    /// What goes wrong.
    pub script: Vec<Rule>,
    /// How long each answer takes.
    pub latency: Duration,
}

impl Default for Settings {
    /// No rates, full pages, no faults, no delay.
    fn default() -> Self {
        Self { rates: Rates::Unlimited, page_size: LARGEST_PAGE, script: Vec::new(), latency: Duration::ZERO }
    }
}

/// A running server. It stops when dropped.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    shared: Arc<Shared>,
    acceptor: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Shared {
    stopped: AtomicBool,
    at_once: AtomicUsize,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    world: World,
    /// What the organization was, each with when it ceased to be that.
    history: Vec<(SystemTime, World)>,
    settings: Settings,
    script: Script,
    buckets: Buckets,
    statistics: Statistics,
    /// Tokens of an earlier generation are refused.
    generation: u64,
    twist: u64,
    /// The calls that were answered, with everything that happens after them.
    done: BTreeSet<(String, Option<String>)>,
}

impl Server {
    /// Starts a server for an organization, on a free port of the loopback interface.
    ///
    /// # Errors
    ///
    /// If no port can be opened.
    pub fn start(world: World, settings: Settings) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared {
            stopped: AtomicBool::new(false),
            at_once: AtomicUsize::new(0),
            state: Mutex::new(State {
                world,
                history: Vec::new(),
                script: Script(settings.script.clone()),
                buckets: Buckets::new(settings.rates),
                settings,
                statistics: Statistics::default(),
                generation: 0,
                twist: 0,
                done: BTreeSet::new(),
            }),
        });
        let for_acceptor = Arc::clone(&shared);
        let acceptor = thread::Builder::new().name("acceptor".to_owned()).spawn(move || {
            for stream in listener.incoming() {
                if for_acceptor.stopped.load(Ordering::Relaxed) {
                    return;
                }
                let Ok(stream) = stream else { continue };
                let shared = Arc::clone(&for_acceptor);
                // A connection that cannot be served is closed, as AWS would.
                drop(thread::Builder::new().name("connection".to_owned()).spawn(move || shared.serve(stream)));
            }
        })?;
        Ok(Self { address, shared, acceptor: Some(acceptor) })
    }

    /// Where it listens, such as `http://127.0.0.1:40123`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.shared.state()
    }

    /// What was asked so far.
    pub fn statistics(&self) -> Statistics {
        self.state().statistics.clone()
    }

    /// Begins counting anew.
    pub fn forget_statistics(&self) {
        self.state().statistics = Statistics::default();
    }

    /// Replaces the script.
    pub fn set_script(&self, script: Vec<Rule>) {
        self.state().script = Script(script);
    }

    /// Lets something happen to the organization now.
    pub fn change(&self, change: &Change) {
        self.state().change(change);
    }

    /// Refuses all tokens that were given so far.
    pub fn expire_tokens(&self) {
        self.state().generation += 1;
    }

    /// The organization as it now is.
    pub fn world(&self) -> World {
        self.state().world.clone()
    }

    /// The organization as it was at a moment.
    pub fn world_at(&self, moment: SystemTime) -> World {
        let state = self.state();
        let then = state.history.iter().find(|(until, _)| moment < *until).map(|(_, world)| world);
        then.unwrap_or(&state.world).clone()
    }

    /// What a correct snapshot holds now: [`World::truth`].
    pub fn truth(&self, with_tags: bool) -> Inventory {
        self.state().world.truth(with_tags)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shared.stopped.store(true, Ordering::Relaxed);
        // Wakes the acceptor.
        drop(TcpStream::connect_timeout(&self.address, Duration::from_secs(1)));
        if let Some(acceptor) = self.acceptor.take() {
            drop(acceptor.join());
        }
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Serves a connection to its end. Errors end it: the peer is gone.
    fn serve(&self, stream: TcpStream) {
        let Ok(mut connection) = Connection::new(stream, &self.stopped) else { return };
        while let Ok(Some(request)) = connection.read() {
            let at_once = 1 + self.at_once.fetch_add(1, Ordering::Relaxed);
            let call = {
                let mut state = self.state();
                state.statistics.most_at_once = state.statistics.most_at_once.max(at_once);
                state.receive(&request)
            };
            let (reply, about) = match call {
                Ok(call) => {
                    self.wait(&call.effects);
                    (self.state().reply(&call), Some((call.operation, subject(&call.input).map(str::to_owned))))
                }
                Err(refusal) => (Reply::new(refused(&refusal)), None),
            };
            if !reply.delay.is_zero() {
                thread::sleep(reply.delay);
            }
            let goes_on = connection.write(&reply.response);
            self.at_once.fetch_sub(1, Ordering::Relaxed);
            {
                let mut state = self.state();
                reply.after.iter().for_each(|change| state.change(change));
                state.done.extend(about);
            }
            if !matches!(goes_on, Ok(true)) {
                return;
            }
        }
    }
}

impl Shared {
    /// Waits for the calls that a call must not come before.
    fn wait(&self, effects: &[Effect]) {
        let until = Instant::now() + Duration::from_secs(20);
        for effect in effects {
            let Effect::Behind { operation, subject } = effect else { continue };
            let other = ((*operation).to_owned(), Some(subject.clone()));
            while !self.state().done.contains(&other) && !self.stopped.load(Ordering::Relaxed) && Instant::now() < until
            {
                thread::sleep(Duration::from_millis(1));
            }
        }
    }
}

/// A request of the protocol.
struct Received {
    operation: String,
    input: Map<String, Value>,
    text: String,
    effects: Vec<Effect>,
}

/// An answer with what goes with it.
struct Reply {
    response: Response,
    delay: Duration,
    after: Vec<Change>,
}

impl Reply {
    fn new(response: Response) -> Self {
        Self { response, delay: Duration::ZERO, after: Vec::new() }
    }
}

fn json_response(status: u16, body: &Value) -> Response {
    Response { status, content_type: AWS_JSON, body: body.to_string().into_bytes(), delivery: Delivery::Whole }
}

fn refused(refusal: &Refusal) -> Response {
    json_response(refusal.status, &refusal.to_json())
}

impl State {
    /// Lets something happen, and remembers what was before.
    fn change(&mut self, change: &Change) {
        self.history.push((SystemTime::now(), self.world.clone()));
        self.world.change(change);
    }

    /// Reads a request, and what the script says about it.
    fn receive(&mut self, request: &Request) -> Result<Received, Refusal> {
        let operation = request.target.strip_prefix("AWSOrganizationsV20161128.").unwrap_or_default().to_owned();
        let input = check(request, &operation)?;
        let effects = self.script.effects(&operation, subject(&input));
        Ok(Received { operation, input, text: String::from_utf8_lossy(&request.body).into_owned(), effects })
    }

    fn reply(&mut self, call: &Received) -> Reply {
        let Received { operation, input, text, effects } = call;
        let (mut delay, mut after) = (self.settings.latency, Vec::new());
        for effect in effects {
            match effect {
                Effect::Before(change) => self.change(change),
                Effect::After(change) => after.push(change.clone()),
                Effect::Delay(more) => delay += *more,
                Effect::Error { .. }
                | Effect::Html(_)
                | Effect::EmptyBody
                | Effect::EmptyObject
                | Effect::TruncatedJson
                | Effect::Padded(_)
                | Effect::ResetInBody
                | Effect::CloseInBody
                | Effect::Close
                | Effect::Silence
                | Effect::Behind { .. }
                | Effect::EmptyPage
                | Effect::RepeatedToken
                | Effect::RepeatedItem => {}
            }
        }
        let in_time = self.buckets.take(operation);
        let (response, answered) = if in_time {
            self.respond(operation, input, effects)
        } else {
            let code = if self.statistics.throttled.is_multiple_of(2) {
                "TooManyRequestsException"
            } else {
                "ThrottlingException"
            };
            (refused(&Refusal::new(code, "Rate exceeded")), false)
        };
        let throttles = |effect: &Effect| matches!(effect, Effect::Error { code, .. } if is_throttling(code));
        self.statistics.throttled += usize::from(!in_time || effects.iter().any(throttles));
        self.statistics.log.push(Call { operation: operation.clone(), input: text.clone(), answered });
        Reply { response, delay, after }
    }

    /// The answer, and whether it is the right one.
    fn respond(&mut self, operation: &str, input: &Map<String, Value>, effects: &[Effect]) -> (Response, bool) {
        if let Some(response) = effects.iter().find_map(instead) {
            return (response, false);
        }
        let mut response = match self.page(operation, input, effects) {
            Ok(body) => json_response(200, &body),
            Err(refusal) => return (refused(&refusal), false),
        };
        let is_truncated = effects.contains(&Effect::TruncatedJson);
        let delivery = match (effects.contains(&Effect::ResetInBody), effects.contains(&Effect::CloseInBody)) {
            (true, _) => Delivery::ResetInBody,
            (false, true) => Delivery::CloseInBody,
            (false, false) => Delivery::Whole,
        };
        if is_truncated {
            response.body.truncate(response.body.len() / 2);
        }
        for effect in effects {
            if let Effect::Padded(blanks) = effect {
                response.body.resize(response.body.len() + blanks, b' ');
            }
        }
        response.delivery = delivery;
        (response, !is_truncated && delivery == Delivery::Whole)
    }

    fn page(&mut self, operation: &str, input: &Map<String, Value>, effects: &[Effect]) -> Result<Value, Refusal> {
        let (name, ids, render) = match answer(&self.world, operation, input)? {
            Outcome::Object(body) => return Ok(body),
            Outcome::List { name, ids, render } => (name, ids, render),
        };
        let asked = match input.get("MaxResults") {
            None => LARGEST_PAGE,
            Some(number) => (number.as_u64().and_then(|number| usize::try_from(number).ok()))
                .filter(|number| (1..=LARGEST_PAGE).contains(number))
                .ok_or_else(|| Refusal::invalid("MAX_VALUE_EXCEEDED", "MaxResults must be between 1 and 20"))?,
        };
        let seal = seal(operation, input, self.generation);
        let given = input.get("NextToken").and_then(Value::as_str);
        let after = match given {
            None => String::new(),
            Some(text) => {
                Token::from_text(text, seal)
                    .ok_or_else(|| Refusal::invalid("INVALID_NEXT_TOKEN", "The NextToken value is not valid."))?
                    .after
            }
        };
        let start = if after.is_empty() { 0 } else { ids.partition_point(|id| *id <= after) };
        let size = asked.min(self.settings.page_size.max(1));
        let is_empty = effects.contains(&Effect::EmptyPage);
        let end = if is_empty { start } else { (start + size).min(ids.len()) };
        let mut shown: Vec<&String> = ids.get(start..end).unwrap_or_default().iter().collect();
        if effects.contains(&Effect::RepeatedItem) {
            shown.splice(0..0, ids.iter().filter(|id| **id == after));
        }
        let items: Vec<Value> = shown.into_iter().map(|id| render(&self.world, id)).collect();
        let mut body = Map::new();
        body.insert(name.to_owned(), Value::Array(items));
        self.twist += 1;
        let next = if effects.contains(&Effect::RepeatedToken) && given.is_some() {
            given.map(str::to_owned)
        } else if is_empty {
            Some(Token::new(seal, &after, self.twist).to_text())
        } else {
            let last = end.checked_sub(1).and_then(|last| ids.get(last)).filter(|_| end < ids.len());
            last.map(|last| Token::new(seal, last, 0).to_text())
        };
        if let Some(next) = next {
            body.insert("NextToken".to_owned(), Value::from(next));
        }
        Ok(Value::Object(body))
    }
}

fn is_throttling(code: &str) -> bool {
    matches!(code, "TooManyRequestsException" | "ThrottlingException")
}

/// What comes instead of an answer.
fn instead(effect: &Effect) -> Option<Response> {
    let empty = Response { status: 200, content_type: AWS_JSON, body: Vec::new(), delivery: Delivery::Whole };
    match effect {
        Effect::Error { status, code, message } => {
            Some(refused(&Refusal { status: *status, ..Refusal::new(code, *message) }))
        }
        Effect::Html(status) => Some(Response {
            status: *status,
            content_type: "text/html; charset=utf-8",
            body: b"<!doctype html><title>Sign in</title><p>Please sign in to use this network.</p>".to_vec(),
            ..empty
        }),
        Effect::EmptyBody => Some(empty),
        Effect::EmptyObject => Some(Response { body: b"{}".to_vec(), ..empty }),
        Effect::Close => Some(Response { delivery: Delivery::Close, ..empty }),
        Effect::Silence => Some(Response { delivery: Delivery::Never, ..empty }),
        Effect::TruncatedJson
        | Effect::Padded(_)
        | Effect::ResetInBody
        | Effect::CloseInBody
        | Effect::Delay(_)
        | Effect::Behind { .. }
        | Effect::EmptyPage
        | Effect::RepeatedToken
        | Effect::RepeatedItem
        | Effect::Before(_)
        | Effect::After(_) => None,
    }
}

/// Whether a request is one of this protocol (API-1); its input.
fn check(request: &Request, operation: &str) -> Result<Map<String, Value>, Refusal> {
    if request.method != "POST" || request.path != "/" || operation.is_empty() {
        return Err(Refusal::new("UnknownOperationException", "expected POST / with X-Amz-Target"));
    }
    if request.content_type != AWS_JSON {
        return Err(Refusal::new("SerializationException", format!("expected the content type {AWS_JSON}")));
    }
    let authorization = &request.authorization;
    if !(authorization.starts_with("AWS4-HMAC-SHA256 ") && authorization.contains("/organizations/aws4_request")) {
        return Err(Refusal::new("MissingAuthenticationTokenException", "the request is not signed for organizations"));
    }
    match serde_json::from_slice(&request.body) {
        Ok(Value::Object(input)) => Ok(input),
        _ => Err(Refusal::new("SerializationException", "expected a JSON object")),
    }
}
