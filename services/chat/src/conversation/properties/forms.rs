//! Forms: the center offers, its customer fills in, each offer once.

use super::*;
use crate::conversation::Form;

pub(super) fn form(form: &str, filled: bool, offer: u64) -> Option<Form> {
    Some(Form { form: form.to_owned(), filled, offer })
}

pub(super) fn forms() -> impl Strategy<Value = Option<Form>> {
    prop_oneof![
        3 => Just(None),
        2 => (prop_oneof!["return", "contact"], any::<bool>(), 0..12u64)
            .prop_map(|(word, filled, offer)| form(&word, filled, if filled { offer } else { 0 })),
    ]
}

/// What was offered, and whether it was answered.
#[derive(Default)]
pub(super) struct Offers(BTreeMap<u64, (String, bool)>);

impl Offers {
    pub(super) fn check(&mut self, event: &Event, form: Option<&Form>) {
        let Some(form) = form else { return };
        assert_eq!(form.filled, event.by.kind == PartyKind::Customer, "only customers fill in, only others offer");
        if !form.filled {
            self.0.insert(event.number, (form.form.clone(), false));
        } else if form.offer > 0 {
            let (word, answered) = self.0.get_mut(&form.offer).expect("it was offered");
            assert_eq!(*word, form.form, "what was offered is filled in");
            assert!(!std::mem::replace(answered, true), "an offer is answered once");
        }
    }
}

fn posted(by: Party, message: MessageId, form: Option<Form>) -> Command<Body> {
    command(by, Action::Post { message, text: sealed(), form })
}

#[test]
fn an_offer_is_answered_once_and_its_resend_is_the_same() {
    let mut state = opened();
    step(&mut state, &assign("a1", 1, 5));
    let offered = step(&mut state, &posted(agent("a1"), 1, form("return", false, 0)));
    let offer = offered[0].number;
    let answer = posted(customer(), 2, form("return", true, offer));
    step(&mut state, &answer);
    assert_eq!(decide(&state, &answer, 8), Ok(Vec::new()), "a resend");
    let refused = |by: Party, message, form| decide(&state, &posted(by, message, form), 8).unwrap_err();
    assert_eq!(refused(customer(), 3, form("return", true, offer)), Rejection::FormDone);
    assert_eq!(refused(customer(), 3, form("contact", true, offer)), Rejection::NoSuchForm);
    assert_eq!(refused(customer(), 3, form("return", true, 1)), Rejection::NoSuchForm);
    assert_eq!(refused(customer(), 3, form("return", false, 0)), Rejection::Forbidden);
    assert_eq!(refused(agent("a1"), 3, form("return", true, 0)), Rejection::Forbidden);
    assert_eq!(refused(agent("a2"), 3, form("return", false, 0)), Rejection::NotYourConversation);
    // By themselves they come with as many as they like, and bring a closed conversation back.
    step(&mut state, &command(agent("a1"), Action::Close));
    let events = step(&mut state, &posted(customer(), 4, form("return", true, 0)));
    assert!(matches!(events[0].what, What::Reopened { .. }) && events.len() == 2);
}
