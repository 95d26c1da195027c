//! From a company to its contacts, through joined and erased records.

use chassis::refusal::Refusal;
use journal::testing::{Cluster, OSAKA, TOKYO};
use proto::crm::v1::{self as pb, ProfileField, fact::What};

use crate::common::{Instance, fact, field, of_record, profile, shop, unique, until, views_equal};

async fn page(site: &Instance, company: &str, after: &str, limit: u32) -> Result<(Vec<pb::Customer>, String), Refusal> {
    let request = pb::ListContactsRequest { customer_id: company.into(), after: after.into(), limit };
    let told = site.client.clone().list_contacts(request).await.map_err(|status| Refusal::from(&status))?.into_inner();
    Ok((told.contacts, told.next))
}

/// The names of all contacts, page by page.
async fn names(site: &Instance, company: &str, limit: u32) -> Vec<String> {
    let (mut names, mut after) = (Vec::new(), String::new());
    loop {
        let Ok((contacts, next)) = page(site, company, &after, limit).await else { return Vec::new() };
        assert!(contacts.len() <= limit as usize && (next.is_empty() || contacts.len() == limit as usize));
        names.extend(contacts.iter().map(|contact| field(contact, ProfileField::Name).to_owned()));
        after = next;
        if after.is_empty() {
            return names;
        }
    }
}

struct Floor {
    /// Records of the company, which are one customer only once somebody says so.
    company: String,
    branch: String,
    contacts: Vec<String>,
}

fn at(at_ms: u64, fact: pb::Fact) -> pb::Fact {
    pb::Fact { at_ms, ..fact }
}

async fn floor(site: &Instance) -> Floor {
    let mut records = Vec::new();
    for name in ["本社", "支店"] {
        let owner = shop(&unique());
        let facts = [profile(&[(ProfileField::Name, name)]), What::Kind(pb::RecordKind::Company.into())];
        let facts = facts.into_iter().zip(["n", "k"]).map(|(what, id)| fact(id, &owner, what)).collect();
        records.push(site.insist("import", facts).await[0].record_id.clone());
    }
    let mut contacts = Vec::new();
    // The later one was heard of later.
    for (place, (name, company)) in [("一", 0), ("二", 0), ("三", 1), ("四", 0)].into_iter().enumerate() {
        let values = [
            (ProfileField::Name, name),
            (ProfileField::CompanyId, records[company].as_str()),
            (ProfileField::Department, "purchasing"),
            (ProfileField::Post, "課長"),
        ];
        let told = at(10_000 + place as u64, fact("p", &shop(&unique()), profile(&values)));
        contacts.push(site.insist("import", vec![told]).await[0].record_id.clone());
    }
    Floor { company: records[0].clone(), branch: records[1].clone(), contacts }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_companys_contacts_are_found_at_both_sites_whatever_was_joined_moved_or_erased() {
    let cluster = Cluster::shared().await;
    let (tokyo, osaka) = (Instance::start(&cluster, TOKYO).await, Instance::start(&cluster, OSAKA).await);
    let Floor { company, branch, contacts } = floor(&tokyo).await;
    for site in [&tokyo, &osaka] {
        until("the company has its contacts", || async { names(site, &company, 2).await == ["四", "二", "一"] }).await;
        until("so has the branch", || async { names(site, &branch, 1).await == ["三"] }).await;
    }
    let (all, _) = page(&osaka, &company, "", 0).await.unwrap();
    assert_eq!((field(&all[0], ProfileField::Post), field(&all[0], ProfileField::Department)), ("課長", "purchasing"));

    // The branch and its company are one: whichever record a contact names, it is theirs. Ids may have changed with it.
    osaka.insist("desk", vec![at(20_000, of_record("join", &branch, What::LinkTo(company.clone())))]).await;
    for site in [&tokyo, &osaka] {
        for asked in [&company, &branch] {
            until("all are theirs", || async { names(site, asked, 3).await == ["四", "三", "二", "一"] }).await;
        }
    }
    // A contact is joined with one who is elsewhere since: the newer word holds for both.
    let moved = [(ProfileField::CompanyId, contacts[1].as_str()), (ProfileField::Name, "移った人")];
    let other = tokyo.insist("import", vec![at(30_000, fact("p", &shop(&unique()), profile(&moved)))]).await;
    let join = of_record("same", &contacts[0], What::LinkTo(other[0].record_id.clone()));
    tokyo.insist("desk", vec![at(30_001, join)]).await;
    // One says that they are in no company any more; the next is erased.
    let left = of_record("left", &contacts[2], profile(&[(ProfileField::CompanyId, "")]));
    osaka.insist("desk", vec![at(40_000, left)]).await;
    until("who left or moved is gone", || async { names(&tokyo, &branch, 50).await == ["四", "二"] }).await;
    tokyo.erase(&contacts[3]).await.unwrap();
    until("the erased one is gone", || async { names(&osaka, &company, 50).await == ["二"] }).await;
    views_equal(&tokyo, &osaka).await;
    let anew = Instance::start(&cluster, OSAKA).await;
    until("a view made anew knows the same", || async { names(&anew, &company, 50).await == ["二"] }).await;

    // The company itself is erased: nobody is its contact, and who named it is still there.
    tokyo.erase(&branch).await.unwrap();
    until("nothing is known of it", || async {
        page(&osaka, &company, "", 0).await.is_err_and(|refusal| refusal.reason == "no_such_customer")
    })
    .await;
    assert_eq!(osaka.group(&contacts[1]).await, contacts[1]);
    for (after, limit, reason) in [("x", 0, "bad_cursor"), ("", 51, "too_many")] {
        assert_eq!(page(&osaka, &contacts[1], after, limit).await.unwrap_err().reason, reason);
    }
    for site in [tokyo, osaka, anew] {
        site.stop().await;
    }
}
