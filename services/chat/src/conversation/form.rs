//! Forms in the middle of a talk: one side offers, the other fills in. A form is a post whose text is a JSON object.

use super::{Conversation, Party, PartyKind, decide::Rejection};

/// What makes a post a form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Form {
    /// Which form: `return`, …
    pub form: String,
    /// The customer's answers; else somebody offers it.
    pub filled: bool,
    /// Number of the event that offered it; 0: the customer came with it by themselves.
    pub offer: u64,
}

/// A form that was offered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Offer {
    form: String,
    answered: bool,
}

/// Whether this party may offer or fill it in now: an offer is answered once.
pub(super) fn check(state: &Conversation, by: &Party, form: &Form) -> Result<(), Rejection> {
    if form.filled != (by.kind == PartyKind::Customer) {
        return Err(Rejection::Forbidden);
    }
    if !form.filled || form.offer == 0 {
        return Ok(());
    }
    match state.offers.get(&form.offer).filter(|offer| offer.form == form.form) {
        None => Err(Rejection::NoSuchForm),
        Some(offer) if offer.answered => Err(Rejection::FormDone),
        Some(_) => Ok(()),
    }
}

impl Conversation {
    /// Takes a form in that was posted with this number.
    pub(super) fn took_form(&mut self, number: u64, form: &Form) {
        if !form.filled {
            self.offers.insert(number, Offer { form: form.form.clone(), answered: false });
        } else if let Some(offer) = self.offers.get_mut(&form.offer) {
            offer.answered = true;
        }
    }
}
