//! Contacts by a small reusable number, and ids looked up by hash.

use std::{
    collections::HashMap,
    hash::{BuildHasherDefault, DefaultHasher},
};

use super::{state::Contact, types::Id};

/// A contact on the floor: its place in the order of arrival, never used twice, and its slot, used again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Ticket {
    pub(super) place: u64,
    pub(super) slot: u32,
}

/// A map that is only asked by key: never iterated, so its order cannot leak into a decision.
pub(super) type ById<V> = HashMap<Id, V, BuildHasherDefault<DefaultHasher>>;

#[derive(Debug, Clone, Default)]
pub(super) struct Contacts {
    slots: Vec<Option<Contact>>,
    vacant: Vec<u32>,
    by_id: ById<Ticket>,
}

impl Contacts {
    pub(super) fn ticket(&self, id: &str) -> Option<Ticket> {
        self.by_id.get(id).copied()
    }

    pub(super) fn get(&self, ticket: Ticket) -> Option<&Contact> {
        self.slots.get(ticket.slot as usize)?.as_ref().filter(|contact| contact.place == ticket.place)
    }

    pub(super) fn get_mut(&mut self, ticket: Ticket) -> Option<&mut Contact> {
        self.slots.get_mut(ticket.slot as usize)?.as_mut().filter(|contact| contact.place == ticket.place)
    }

    pub(super) fn insert(&mut self, contact: Contact) -> Ticket {
        let slot = self.vacant.pop().unwrap_or_else(|| {
            self.slots.push(None);
            (self.slots.len() - 1) as u32
        });
        let ticket = Ticket { place: contact.place, slot };
        self.by_id.insert(contact.id.clone(), ticket);
        self.slots[slot as usize] = Some(contact);
        ticket
    }

    pub(super) fn remove(&mut self, ticket: Ticket) -> Option<Contact> {
        self.get(ticket)?;
        let contact = self.slots[ticket.slot as usize].take()?;
        self.by_id.remove(&contact.id);
        self.vacant.push(ticket.slot);
        Some(contact)
    }

    pub(super) fn len(&self) -> usize {
        self.by_id.len()
    }

    /// All contacts, by slot: the caller sorts where order matters.
    pub(super) fn iter(&self) -> impl Iterator<Item = (Ticket, &Contact)> {
        (0_u32..).zip(&self.slots).filter_map(|(slot, contact)| {
            let contact = contact.as_ref()?;
            let place = contact.place;
            Some((Ticket { place, slot }, contact))
        })
    }
}
