//! What goes on beside the talk, and what customers do who cannot stay.

use edge::frames::Role;
use proto::routing::v1::Availability;
use serde_json::{Value, json};

use super::{
    browser::{Browser, http, http_with, id},
    center::Center,
};

#[tokio::test]
async fn each_frame_has_its_role_and_becomes_its_event() {
    let center = Center::start().await;
    let (token, _) = center.customer().await;
    let conversation = id();
    let mut customer = Browser::signed_in(&center, &token).await;
    let open = json!({"type":"open","ref":"o","conversation":conversation,"queue":"support","reason":"return",
        "answers":{"order":"8841"}});
    customer.send(open).await;
    assert_eq!(customer.answer("o").await["type"], "done");
    let (token, _) = center.account("sato", Role::Supervisor).await;
    let mut agent = Browser::signed_in(&center, &token).await;
    agent.watch(&conversation, 0).await;
    let opened = agent.next_of("event").await;
    assert_eq!((&opened["event"]["reason"], &opened["event"]["what"]), (&json!("return"), &json!("opened")));
    let frames = [
        (json!({"type":"note","message":id(),"text":"VIP","mentions":["a2"],"whisper":true}), "note"),
        (json!({"type":"wrap","code":"done","tags":["t"],"summary":"解決","follow_up_at":5}), "wrapped"),
        (json!({"type":"join"}), "joined"),
        (json!({"type":"leave"}), "left"),
        (json!({"type":"take"}), "assigned"),
    ];
    for (mut frame, what) in frames {
        frame["ref"] = json!("r");
        frame["conversation"] = json!(conversation);
        customer.send(frame.clone()).await;
        assert_eq!(customer.answer("r").await["reason"], "forbidden", "{frame}");
        agent.send(frame).await;
        // Answer and event come over two streams, in any order.
        let (mut event, mut done) = (None, false);
        while event.is_none() || !done {
            let frame = agent.next().await;
            done |= frame["type"] == "done";
            event = event.or_else(|| frame["event"]["what"].as_str().map(str::to_owned));
        }
        assert_eq!(event.as_deref(), Some(what));
    }
    let rate = json!({"type":"rate","ref":"s","conversation":conversation,"score":5,"comment":"ありがとう"});
    agent.send(rate.clone()).await;
    assert_eq!(agent.answer("s").await["reason"], "forbidden");
    customer.send(json!({"type":"rate","ref":"z","conversation":conversation,"score":6})).await;
    assert_eq!(customer.answer("z").await["reason"], "bad_frame");
    customer.send(rate).await;
    assert_eq!(customer.answer("s").await["type"], "done");
    let rated = agent.next_of("event").await;
    assert_eq!((&rated["event"]["score"], &rated["event"]["comment"]), (&json!(5), &json!("ありがとう")));
}

#[tokio::test]
async fn a_frame_without_an_id_has_the_same_one_when_sent_again() {
    let center = Center::start().await;
    let (token, _) = center.customer().await;
    let conversation = id();
    let mut customer = Browser::signed_in(&center, &token).await;
    customer.open(&conversation).await;
    customer.watch(&conversation, 1).await;
    let mut ids = Vec::new();
    for (reference, score) in [("a", 4), ("a", 4), ("b", 4), ("a", 3)] {
        let rate = json!({"type":"rate","ref":reference,"conversation":conversation,"score":score});
        customer.send(rate).await;
        ids.push(customer.next_of("event").await["event"]["message"].clone());
    }
    assert_eq!(ids[0], ids[1]);
    assert!(ids[0] != ids[2] && ids[0] != ids[3]);
}

#[tokio::test]
async fn a_colleague_takes_only_from_who_is_away() {
    let center = Center::start().await;
    let (token, _) = center.customer().await;
    let conversation = id();
    let mut customer = Browser::signed_in(&center, &token).await;
    customer.open(&conversation).await;
    let (_, holder) = center.account("suzuki", Role::Agent).await;
    center.chat.held_by(&conversation, &holder);
    let (token, _) = center.account("sato", Role::Agent).await;
    let mut agent = Browser::signed_in(&center, &token).await;
    let take = json!({"type":"take","ref":"t","conversation":conversation});
    center.routing.change(&holder, |agent| agent.availability = Availability::Ready.into());
    agent.send(take.clone()).await;
    let refused = agent.answer("t").await;
    assert_eq!((&refused["reason"], &refused["retry"]), (&json!("holder_ready"), &json!(false)));
    center.routing.change(&holder, |agent| agent.availability = Availability::Away.into());
    agent.send(take).await;
    assert_eq!(agent.answer("t").await["type"], "done");
}

#[tokio::test]
async fn who_looks_at_a_conversation_is_told_who_else_does() {
    let center = Center::start().await;
    let (token, _) = center.customer().await;
    let conversation = id();
    let mut customer = Browser::signed_in(&center, &token).await;
    customer.open(&conversation).await;
    customer.send(json!({"type":"viewing","conversation":conversation})).await;
    assert_eq!(customer.refused().await, "forbidden");
    let (sato, sato_id) = center.account("sato", Role::Supervisor).await;
    let (abe, abe_id) = center.account("abe", Role::Supervisor).await;
    let (mut sato, mut abe) = (Browser::signed_in(&center, &sato).await, Browser::signed_in(&center, &abe).await);
    for agent in [&mut sato, &mut abe] {
        agent.send(json!({"type":"viewing","conversation":conversation,"stop":false})).await;
        agent.watch(&conversation, 0).await;
    }
    let until = async |agent: &mut Browser, expected: Value| {
        while agent.next_of("viewers").await["agents"] != expected {}
    };
    let viewer = |id: &str, name: &str, typing: bool| json!({"id":id,"name":name,"typing":typing});
    until(&mut sato, json!([viewer(&abe_id, "abe san", false), viewer(&sato_id, "sato san", false)])).await;
    abe.send(json!({"type":"typing","conversation":conversation})).await;
    until(&mut sato, json!([viewer(&abe_id, "abe san", true), viewer(&sato_id, "sato san", false)])).await;
    drop(abe);
    until(&mut sato, json!([viewer(&sato_id, "sato san", false)])).await;
}

#[tokio::test]
async fn supervisors_keep_the_desks_settings() {
    let center = Center::start().await;
    let (boss, _) = center.account("boss", Role::Supervisor).await;
    let (agent, _) = center.account("sato", Role::Agent).await;
    let (customer, _) = center.customer().await;
    let call =
        async |token: &str, method, path: &str, body| http(center.address, method, path, Some(token), body).await;
    let canned = json!({"shortcut":"hi","title":{"ja":"挨拶"},"text":"こんにちは","tags":[],"language":"ja"});
    assert_eq!(call(&agent, "PUT", "/api/v1/canned/hello", Some(canned.clone())).await.status, 403);
    assert_eq!(call(&customer, "GET", "/api/v1/canned", None).await.status, 403);
    let put = call(&boss, "PUT", "/api/v1/canned/hello", Some(canned.clone())).await;
    assert_eq!((put.status, &put.body["id"]), (200, &json!("hello")));
    let listed = call(&agent, "GET", "/api/v1/canned", None).await.body;
    assert_eq!((listed.as_array().map(Vec::len), &listed[0]["text"]), (Some(1), &json!("こんにちは")));
    for (path, bad) in [
        ("/api/v1/canned/hello", json!({"title":{"ja":"x"},"text":" "})),
        ("/api/v1/canned/A.b", canned.clone()),
        ("/api/v1/macros/m", json!({"title":{"ja":"x"},"steps":[{"do":"reply"}]})),
        ("/api/v1/macros/m", json!({"title":{"ja":"x"},"steps":[{"do":"explode"}]})),
        ("/api/v1/codes/c", json!({"ja":"","en":"x"})),
        ("/api/v1/theme", json!({"company":{"ja":"x"},"color":"red","welcome":{"ja":"x"}})),
        ("/api/v1/theme", json!({"company":{"ja":"x"},"color":"#aabbcc","welcome":{"ja":"x"},"logo":"https://x"})),
    ] {
        assert_eq!(call(&boss, "PUT", path, Some(bad.clone())).await.status, 400, "{path} {bad}");
    }
    let steps = json!({"title":{"ja":"返品"},"steps":[{"do":"reply","text":"承知しました"},{"do":"close"}]});
    assert_eq!(call(&boss, "PUT", "/api/v1/macros/m", Some(steps)).await.status, 200);
    assert_eq!(call(&boss, "PUT", "/api/v1/codes/c", Some(json!({"ja":"解決","en":"Done"}))).await.status, 200);
    let removed = call(&boss, "DELETE", "/api/v1/canned/hello", None).await;
    assert_eq!(removed.body, json!({"removed":true}));
    assert_eq!(call(&boss, "GET", "/api/v1/canned", None).await.body, json!([]));
    let theme = http(center.address, "GET", "/api/v1/theme", None, None).await;
    assert_eq!((theme.status, &theme.body["pre_chat"]), (200, &json!([])));
    let theme = json!({"company":{"ja":"山田商店"},"color":"#aabbcc","welcome":{"ja":"ようこそ"},
        "pre_chat":[{"id":"order","label":{"ja":"注文番号"},"kind":"text","required":true}],
        "reasons":[{"id":"return","ja":"返品","en":"Return","queue":"support"}]});
    assert_eq!(call(&boss, "PUT", "/api/v1/theme", Some(theme.clone())).await.body, theme);
    assert_eq!(http(center.address, "GET", "/api/v1/theme", None, None).await.body, theme);
}

#[tokio::test]
async fn a_file_is_what_its_bytes_say_and_is_stored_once() {
    let center = Center::start().await;
    let (token, _) = center.customer().await;
    let (conversation, message) = (id(), id());
    let mut customer = Browser::signed_in(&center, &token).await;
    customer.open(&conversation).await;
    customer.watch(&conversation, 1).await;
    let path = format!("/api/v1/conversations/{conversation}/files");
    let send = async |token: &str, message: &str, name: &str, body: &str| {
        let headers = format!("Authorization: Bearer {token}\r\nX-Message-Id: {message}\r\nX-File-Name: {name}\r\n");
        http_with(center.address, "POST", &path, &headers, body).await
    };
    for (name, body, reason) in [
        ("a.png", "<svg>", "bad_file_type"),
        ("a.html", "<html>", "bad_file_type"),
        ("a.pdf", "", "file_empty"),
        ("", "%PDF-1.7", "bad_name"),
    ] {
        let refused = send(&token, &message, name, body).await;
        assert_eq!((refused.status, &refused.body["reason"]), (400, &json!(reason)), "{name}");
    }
    let large = send(&token, &message, "a.txt", &"x".repeat(10 * 1024 * 1024 + 1)).await;
    assert_eq!(large.status, 400);
    let (stranger, _) = center.customer().await;
    assert_eq!(send(&stranger, &message, "a.pdf", "%PDF-1.7").await.status, 403);
    let stored = send(&token, &message, "%E8%A6%8B%E7%A9%8D.pdf", "%PDF-1.7").await;
    assert_eq!((stored.status, &stored.body["file"], &stored.body["repeated"]), (200, &json!(message), &json!(false)));
    let event = customer.next_of("event").await["event"].clone();
    assert_eq!(
        (&event["what"], &event["name"], &event["media_type"], &event["bytes"]),
        (&json!("file"), &json!("見積.pdf"), &json!("application/pdf"), &json!(8))
    );
    let again = send(&token, &message, "%E8%A6%8B%E7%A9%8D.pdf", "%PDF-1.7").await;
    assert_eq!((&again.body["repeated"], &again.body["number"]), (&json!(true), &stored.body["number"]));
    let got = http(center.address, "GET", &format!("{path}/{message}"), Some(&token), None).await;
    assert_eq!((got.status, got.text.as_str()), (200, "%PDF-1.7"));
    assert_eq!(got.headers["content-type"], "application/pdf");
    assert_eq!(got.headers["content-security-policy"], "default-src 'none'; sandbox");
    assert_eq!(got.headers["x-content-type-options"], "nosniff");
    assert!(got.headers["content-disposition"].starts_with("attachment; filename*=UTF-8''%E8"));
    assert_eq!(http(center.address, "GET", &format!("{path}/{message}"), Some(&stranger), None).await.status, 403);
    assert_eq!(http(center.address, "GET", &format!("{path}/{}", id()), Some(&token), None).await.status, 404);
}

#[tokio::test]
async fn files_that_come_drop_by_drop_take_only_so_much_room() {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let center = Center::start().await;
    let (token, _) = center.customer().await;
    let conversation = id();
    let mut customer = Browser::signed_in(&center, &token).await;
    customer.open(&conversation).await;
    let path = format!("/api/v1/conversations/{conversation}/files");
    let headers =
        |message: &str| format!("Authorization: Bearer {token}\r\nX-Message-Id: {message}\r\nX-File-Name: a.pdf\r\n");
    let mut slow = Vec::new();
    for _ in 0..33 {
        let mut socket = tokio::net::TcpStream::connect(center.address).await.unwrap();
        let request = format!("POST {path} HTTP/1.1\r\nHost: x\r\n{}Content-Length: 9999\r\n\r\n%PDF", headers(&id()));
        socket.write_all(request.as_bytes()).await.unwrap();
        slow.push(socket);
    }
    let upload = async || http_with(center.address, "POST", &path, &headers(&id()), "%PDF-1.7").await;
    // One of them finds no room: the others hold it all.
    let mut answers = vec![String::new(); slow.len()];
    let answered = slow.iter_mut().zip(&mut answers).map(|(socket, answer)| {
        Box::pin(async move {
            let mut bytes = [0_u8; 1_024];
            let read = socket.read(&mut bytes).await.unwrap();
            *answer = String::from_utf8_lossy(&bytes[..read]).into_owned();
        })
    });
    futures::future::select_all(answered).await;
    assert_eq!(answers.iter().filter(|answer| answer.contains("too_many_requests")).count(), 1);
    let refused = upload().await;
    assert_eq!((refused.status, &refused.body["reason"]), (429, &json!("too_many_requests")));
    // Their room is free again when they go.
    drop(slow);
    while upload().await.body["file"].is_null() {
        tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    }
}

#[tokio::test]
async fn a_message_is_left_once_and_a_link_works_once() {
    let center = Center::start().await;
    let (token, customer_id) = center.customer().await;
    let (conversation, message) = (id(), id());
    let body = json!({"conversation":conversation,"message":message,"queue":"support","name":"花子","text":"折り返しください",
        "answers":{"phone":"03"}});
    let leave = async || http(center.address, "POST", "/api/v1/messages", Some(&token), Some(body.clone())).await;
    let left = leave().await;
    assert_eq!((left.status, &left.body["number"], &left.body["repeated"]), (200, &json!(2), &json!(false)));
    assert_eq!(leave().await.body["repeated"], true);
    assert_eq!(center.chat.texts(&conversation), ["折り返しください"]);
    let (agent, _) = center.account("sato", Role::Agent).await;
    assert_eq!(http(center.address, "POST", "/api/v1/messages", Some(&agent), Some(body.clone())).await.status, 403);
    let path = format!("/api/v1/conversations/{conversation}/resume-link");
    let (stranger, _) = center.customer().await;
    assert_eq!(http(center.address, "GET", &path, Some(&stranger), None).await.status, 403);
    assert_eq!(http(center.address, "GET", &path, Some(&agent), None).await.status, 403);
    let link = http(center.address, "GET", &path, Some(&token), None).await;
    let code = link.body["url"].as_str().unwrap().split_once("#resume=").unwrap().1.to_owned();
    let resume =
        async |code: &str| http(center.address, "POST", "/api/v1/resume", None, Some(json!({"code":code}))).await;
    let resumed = resume(&code).await;
    assert_eq!(
        (&resumed.body["conversation"], &resumed.body["customer_id"]),
        (&json!(conversation), &json!(customer_id))
    );
    let me = http(center.address, "GET", "/api/v1/me", resumed.body["token"].as_str(), None).await;
    assert_eq!(me.body["id"], json!(customer_id));
    for bad in [code.as_str(), "nonsense", token.as_str()] {
        let refused = resume(bad).await;
        assert_eq!((refused.status, &refused.body["reason"]), (409, &json!("link_over")));
    }
    assert_eq!(http(center.address, "GET", "/api/v1/me", Some(&code), None).await.status, 401);
}

#[tokio::test]
async fn agents_search_by_words_and_by_colleagues() {
    let center = Center::start().await;
    let (token, _) = center.customer().await;
    let (first, second) = (id(), id());
    let mut customer = Browser::signed_in(&center, &token).await;
    customer.open(&first).await;
    customer.open(&second).await;
    customer.post("p", &first, "hanpin").await;
    customer.answer("p").await;
    let (agent, agent_id) = center.account("sato", Role::Agent).await;
    center.chat.held_by(&second, &agent_id);
    let search = async |token: &str, q: &str| {
        http(center.address, "GET", &format!("/api/v1/search?q={q}&limit=5"), Some(token), None).await
    };
    assert_eq!(search(&token, "hanpin").await.status, 403);
    let found = search(&agent, "hanpin").await;
    assert_eq!((found.status, &found.body["conversations"][0]["conversation"]), (200, &json!(first)));
    assert_eq!(search(&agent, "SATO").await.body["conversations"][0]["conversation"], json!(second));
    assert_eq!(search(&agent, "nothing").await.body["conversations"], json!([]));
}
