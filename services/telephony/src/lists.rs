//! Calls, for whoever may see them: those that live from memory, the others from the view.

use chassis::refusal::{Code, Refusal};
use proto::telephony::v1 as pb;

use spelling::numbers::{self, Number};

use crate::{
    actor::with_quality,
    book::{self, Known},
    call::{Person, Phase},
    convert::{person, uuid},
    error::{invalid, no_such_call},
    gateway::Gateway,
    ids::CallId,
    view::{self, Filter, Place},
};

/// Entries of a list when the request does not say.
const LIST: usize = 100;
/// Entries of a list at most.
const LONGEST: u32 = 1_000;

/// Agents see calls that they have or take part in; supervisors all.
pub(crate) fn may_see(known: &Known, by: &Person) -> bool {
    let takes_part = || known.call.legs.values().any(|leg| leg.kind.person() == Some(by.id.as_str()));
    by.supervisor || known.call.agent.as_deref() == Some(by.id.as_str()) || takes_part()
}

/// How many entries are meant.
pub(crate) fn length(limit: u32) -> usize {
    if limit == 0 { LIST } else { limit.min(LONGEST) as usize }
}

/// A call as its people see it, with what only its gateway knows.
pub(crate) fn shown(gateway: &Gateway, id: CallId, known: &Known) -> pb::Call {
    with_quality(gateway, id, book::view(id, known))
}

/// A call that this person may see.
///
/// # Errors
/// There is none; or the view does not answer.
pub(crate) async fn get(gateway: &Gateway, call: &str, by: Option<pb::Person>) -> Result<(CallId, pb::Call), Refusal> {
    let (id, by) = (CallId(uuid("call_id", call)?), person(by)?);
    if let Some(known) = gateway.book.get(id) {
        return if may_see(&known, &by) { Ok((id, shown(gateway, id, &known))) } else { Err(no_such_call()) };
    }
    let found = view::get(gateway.view.pool()?, gateway.journal.vault(), id).await?;
    let (call, people) = found.ok_or_else(no_such_call)?;
    let own = || call.agent_id == by.id || people.contains(&by.id);
    if by.supervisor || own() { Ok((id, call)) } else { Err(no_such_call()) }
}

/// Calls, the newest first.
///
/// # Errors
/// The request makes no sense; or the view does not answer.
pub(crate) async fn list(gateway: &Gateway, request: pb::ListCallsRequest) -> Result<pb::ListCallsResponse, Refusal> {
    let by = person(request.by.clone())?;
    if request.live {
        let calls = living(gateway, &by, length(request.limit));
        return Ok(pb::ListCallsResponse { calls, older: String::new() });
    }
    let filter = filter(gateway, &by, request)?;
    let (calls, older) = view::list(gateway.view.pool()?, gateway.journal.vault(), &filter).await?;
    let calls = calls.into_iter().map(|call| fresher(gateway, call)).collect();
    Ok(pb::ListCallsResponse { calls, older: older.map_or_else(String::new, |place| place.to_string()) })
}

fn living(gateway: &Gateway, by: &Person, limit: usize) -> Vec<pb::Call> {
    let all = gateway.book.all().into_iter();
    let live = all.filter(|(_, known)| known.call.phase != Phase::Ended && may_see(known, by));
    live.take(limit).map(|(id, known)| shown(gateway, id, &known)).collect()
}

/// The call as memory has it, when it knows more of it than the view.
fn fresher(gateway: &Gateway, call: pb::Call) -> pb::Call {
    let known = call.call_id.parse().ok().map(CallId).and_then(|id| Some((id, gateway.book.get(id)?)));
    let Some((id, known)) = known else { return call };
    let (called_back_at_ms, called_back_by) = (call.called_back_at_ms, call.called_back_by);
    pb::Call { called_back_at_ms, called_back_by, ..shown(gateway, id, &known) }
}

fn filter(gateway: &Gateway, by: &Person, request: pb::ListCallsRequest) -> Result<Filter, Refusal> {
    let wish = |text: String| Some(text).filter(|text| !text.is_empty());
    let time = |at: u64| Some(at).filter(|at| *at != 0);
    let end =
        if request.lost { Some(pb::End::Lost) } else { Some(request.end()).filter(|end| *end != pb::End::Unspecified) };
    let beyond = wish(request.beyond).map(|place| {
        Place::parse(&place).ok_or_else(|| invalid("bad_place", "`beyond` is not what an answer gave as `older`"))
    });
    let number = wish(request.number).map(|number| customer(gateway, &number)).transpose()?;
    let customer = wish(request.customer_id);
    if number.is_some() && customer.is_some() && number != customer {
        return Err(Refusal::new(Code::InvalidArgument, "bad_filter", "the number is not this customer's"));
    }
    Ok(Filter {
        seen_by: (!by.supervisor).then(|| by.id.clone()),
        agent: wish(request.agent_id),
        queue: wish(request.queue),
        end,
        answered: request.answered,
        customer: number.or(customer),
        from_ms: time(request.from_ms),
        until_ms: time(request.until_ms),
        beyond: beyond.transpose()?,
        limit: length(request.limit),
    })
}

/// Whose number it is: the key that is made from it.
fn customer(gateway: &Gateway, written: &str) -> Result<String, Refusal> {
    match numbers::parse(written) {
        Some(Number::Known(number) | Number::Short(number)) => Ok(gateway.customer_of(&number, CallId::default())),
        Some(Number::Hidden) | None => Err(invalid("bad_number", "that is no telephone number")),
    }
}
