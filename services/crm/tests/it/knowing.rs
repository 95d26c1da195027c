//! Facts are reported, customers are known, found and suggested.

use journal::testing::{Cluster, OSAKA, TOKYO};
use proto::crm::v1::{self as pb, ProfileField, fact::What};

use crate::common::{
    Instance, fact, field, mail, named, number, of_record, phone, profile, shop, touch, unique, until, views_equal,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_two_sites_say_at_once_is_one_customer_at_both() {
    let cluster = Cluster::shared().await;
    let (tokyo, osaka) = (Instance::start(&cluster, TOKYO).await, Instance::start(&cluster, OSAKA).await);
    let (owner, called) = (shop(&unique()), number());
    let at_tokyo = vec![
        fact("1", &owner, named("山田 花子")),
        fact("2", &owner, What::Identified(phone(&called))),
        fact("3", &owner, touch("order", "白い椅子")),
    ];
    let at_osaka = vec![
        fact("4", &owner, profile(&[(ProfileField::Kana, "やまだ はなこ"), (ProfileField::Postcode, "〒150-0041")])),
        fact("5", &owner, What::Kind(pb::RecordKind::Person.into())),
        fact(
            "6",
            &owner,
            What::Consent(pb::Consent { purpose: "marketing".into(), channel: "mail".into(), granted: true }),
        ),
    ];
    let (said, heard) = tokio::join!(tokyo.insist("ec.shop", at_tokyo.clone()), osaka.insist("ec.shop", at_osaka));
    let record = said[0].record_id.clone();
    assert!(
        said.iter().chain(&heard).all(|outcome| outcome.record_id == record),
        "one identity is one record: {said:?} {heard:?}"
    );
    // A resend is the same.
    tokyo.insist("ec.shop", at_tokyo).await;
    for site in [&tokyo, &osaka] {
        until("everything is known", || async {
            let found = site.look_up(vec![phone(&called)]).await.unwrap();
            found.len() == 1 && found[0].fields.len() == 3 && found[0].touchpoints == 1 && found[0].consents.len() == 1
        })
        .await;
        let found = site.customer(&record).await.unwrap();
        let customer = found.customer.unwrap();
        assert_eq!((customer.customer_id.as_str(), customer.thin, customer.kind), (record.as_str(), false, 1));
        assert_eq!(field(&customer, ProfileField::Name), "山田 花子");
        assert_eq!(field(&customer, ProfileField::Kana), "ヤマダ ハナコ");
        assert_eq!(field(&customer, ProfileField::Postcode), "1500041");
        assert_eq!(customer.identities.len(), 2, "{customer:?}");
        assert!(customer.identities[0].verified && customer.identities[0].kind == i32::from(pb::IdentityKind::Ec));
        let entry = &found.timeline[0];
        let touchpoint = entry.touchpoint.as_ref().unwrap();
        assert_eq!((entry.fact_id.as_str(), entry.source.as_str(), entry.at_ms), ("3", "ec.shop", 1_000));
        assert_eq!((touchpoint.text.as_str(), touchpoint.stage), ("白い椅子", i32::from(pb::Stage::Buy)));
    }
    views_equal(&tokyo, &osaka).await;
    tokyo.stop().await;
    osaka.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn customers_are_found_by_parts_in_any_spelling_and_likely_doubles_are_suggested() {
    let cluster = Cluster::shared().await;
    let tokyo = Instance::start(&cluster, TOKYO).await;
    let (one, other, called) = (shop(&unique()), shop(&unique()), number());
    let facts = vec![
        fact("1", &one, profile(&[(ProfileField::Name, "髙橋 芽衣子"), (ProfileField::Kana, "タカハシ メイコ")])),
        fact("2", &one, profile(&[(ProfileField::Address, "東京都渋谷区道玄坂１丁目２番３号")])),
        fact("3", &one, What::Identified(phone(&called))),
        fact(
            "1",
            &other,
            profile(&[(ProfileField::Name, "高橋芽衣子"), (ProfileField::Address, "東京都渋谷区道玄坂1-2-3")]),
        ),
        fact("2", &other, What::Identified(phone(&called))),
    ];
    let said = tokyo.insist("ec.shop", facts).await;
    let (first, second) = (said[0].record_id.clone(), said[3].record_id.clone());
    assert_ne!(first, second);
    let finds =
        async |text: &str, record: &str| tokyo.search(text).await.iter().any(|customer| customer.customer_id == record);
    until("they are found", || async { finds(&called, &first).await && finds(&called, &second).await }).await;
    for text in ["高橋", "髙橋　芽衣子", "芽衣子", "takahashi", "ﾀｶﾊｼ", "たかはし めいこ", "高橋 道玄坂", &called[3..]]
    {
        assert!(finds(text, &first).await, "{text}");
    }
    for text in ["高橋 芽衣美", "takahashi meiko yamada", "新宿"] {
        assert!(!finds(text, &first).await, "{text}");
    }
    let address = format!("{}@example.jp", unique());
    let facts = [(&one, address.clone()), (&other, format!("x{address}"))];
    tokyo
        .insist("ec.shop", facts.map(|(who, mail_of)| fact("m", who, What::Identified(mail(&mail_of, false)))).into())
        .await;
    until("a part of the address finds both", || async {
        finds(&address[..37], &first).await && finds(&address[..37], &second).await
    })
    .await;
    assert!(finds(&address, &first).await && !finds(&address, &second).await, "a whole address is that address");
    let suggested = tokyo.suggestions(&first).await;
    let other = suggested.iter().find(|it| it.other.as_ref().unwrap().customer_id == second).unwrap();
    assert_eq!(other.reasons, ["same_phone", "same_name", "same_address"]);
    assert_ne!(tokyo.group(&first).await, tokyo.group(&second).await, "what looks alike is not joined");
    assert_eq!(tokyo.look_up(vec![phone(&called)]).await.unwrap().len(), 2, "a person chooses");
    tokyo.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_later_word_on_a_field_holds_whatever_came_first_and_each_field_is_apart() {
    let cluster = Cluster::shared().await;
    let tokyo = Instance::start(&cluster, TOKYO).await;
    let owner = shop(&unique());
    let at = |id: &str, at_ms, values: &[(ProfileField, &str)]| pb::Fact { at_ms, ..fact(id, &owner, profile(values)) };
    let said = tokyo.insist("desk", vec![at("new", 9_000, &[(ProfileField::Name, "山田 花子")])]).await;
    let record = said[0].record_id.clone();
    let older = at(
        "old",
        5_000,
        &[(ProfileField::Name, "鈴木 花子"), (ProfileField::Tier, "gold"), (ProfileField::Note, "急がない")],
    );
    tokyo.insist("import.a", vec![older, at("clear", 6_000, &[(ProfileField::Note, "")])]).await;
    until("the tier is known", || async {
        let found = tokyo.customer(&record).await;
        found.is_ok_and(|found| field(found.customer.as_ref().unwrap(), ProfileField::Tier) == "gold")
    })
    .await;
    let customer = tokyo.customer(&record).await.unwrap().customer.unwrap();
    assert_eq!(field(&customer, ProfileField::Name), "山田 花子");
    assert_eq!(field(&customer, ProfileField::Note), "", "cleared");
    assert_eq!(customer.last_at_ms, 9_000);
    tokyo.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_long_timeline_is_paged_whole_and_once() {
    let cluster = Cluster::shared().await;
    let tokyo = Instance::start(&cluster, TOKYO).await;
    let owner = shop(&unique());
    let facts = (0..60_u64).map(|n| pb::Fact {
        at_ms: 1_000 + n / 3,
        ..fact(&format!("{n:02}"), &owner, touch(if n % 4 == 0 { "order" } else { "mail" }, ""))
    });
    let said = tokyo.insist("ec.shop", facts.collect()).await;
    let record = said[0].record_id.clone();
    until("all are there", || async {
        tokyo.customer(&record).await.is_ok_and(|found| found.customer.unwrap().touchpoints == 60)
    })
    .await;
    let page = async |after: &str, kinds: &[&str]| {
        let kinds = kinds.iter().map(|kind| (*kind).to_owned()).collect();
        let request = pb::ListTimelineRequest { customer_id: record.clone(), after: after.to_owned(), limit: 7, kinds };
        tokyo.client.clone().list_timeline(request).await.unwrap().into_inner()
    };
    for (kinds, count) in [(&[][..], 60), (&["order"][..], 15), (&["order", "mail"][..], 60), (&["call"][..], 0)] {
        let (mut after, mut entries) = (String::new(), Vec::new());
        loop {
            let answer = page(&after, kinds).await;
            entries.extend(answer.entries.into_iter().map(|entry| (entry.at_ms, entry.fact_id)));
            after = answer.next;
            if after.is_empty() {
                break;
            }
        }
        assert_eq!(entries.len(), count, "{kinds:?}");
        assert!(entries.windows(2).all(|pair| pair[0] > pair[1]), "newest first, each once: {entries:?}");
    }
    let wrong = async |after: &str, kind: &str| {
        let (after, kinds) = (after.to_owned(), vec![kind.to_owned()]);
        let request = pb::ListTimelineRequest { customer_id: record.clone(), after, limit: 7, kinds };
        let told = tokyo.client.clone().list_timeline(request).await.unwrap_err();
        chassis::refusal::Refusal::from(&told).reason.to_string()
    };
    for (after, kind, reason) in [("", "a\0b", "bad_kind"), ("", "", "bad_kind"), ("1~a~b\0", "call", "bad_cursor")] {
        assert_eq!(wrong(after, kind).await, reason, "{after:?} {kind:?}");
    }
    tokyo.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn facts_that_can_never_be_stored_are_told_of_one_by_one() {
    let cluster = Cluster::shared().await;
    let tokyo = Instance::start(&cluster, TOKYO).await;
    let owner = shop(&unique());
    let ahead = u64::MAX / 2;
    let facts = vec![
        (fact("ok", &owner, named("山田")), ""),
        (fact("a b", &owner, named("山田")), "bad_id"),
        (fact("1", &mail("hanako", false), named("山田")), "bad_identity"),
        (fact("2", &owner, profile(&[(ProfileField::Birthday, "1990-02-30")])), "bad_field"),
        (fact("3", &owner, touch("Order", "")), "bad_touchpoint"),
        (pb::Fact { at_ms: ahead, ..fact("4", &owner, named("山田")) }, "bad_time"),
        (pb::Fact { owner: None, ..fact("5", &owner, named("山田")) }, "no_owner"),
        (of_record("6", "a.b", named("山田")), "bad_id"),
        (of_record("7", "rec-1", What::LinkTo("rec-1".into())), "bad_link"),
        (of_record("8", "rec-1", What::Kind(9)), "bad_kind"),
        (pb::Fact { what: None, ..of_record("9", "rec-1", named("")) }, "nothing"),
    ];
    let (facts, wanted): (Vec<_>, Vec<_>) = facts.into_iter().unzip();
    let said = tokyo.report("desk", facts).await.unwrap();
    let refused: Vec<&str> = said.iter().map(|outcome| outcome.refused.as_str()).collect();
    assert_eq!(refused, wanted);
    let too_many = vec![fact("1", &owner, named("山田")); 501];
    assert_eq!(tokyo.report("desk", too_many).await.unwrap_err().reason, "too_many");
    assert_eq!(tokyo.report("center", vec![]).await.unwrap_err().reason, "bad_source");
    assert_eq!(tokyo.customer("nobody").await.unwrap_err().reason, "no_such_customer");
    assert_eq!(tokyo.look_up(vec![phone("110")]).await.unwrap_err().reason, "bad_identity");
    tokyo.stop().await;
}
