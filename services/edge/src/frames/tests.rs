use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::frames::event::Kind;

#[test]
fn every_frame_of_the_contract_is_read() {
    let frames = [
        json!({"type":"hello","protocol":1,"token":"t","language":"ja"}),
        json!({"type":"open","ref":"1","conversation":"c","queue":"support","name":"n"}),
        json!({"type":"open","ref":"1","conversation":"c","queue":"support"}),
        json!({"type":"watch","ref":"1","conversation":"c","after":12}),
        json!({"type":"unwatch","conversation":"c"}),
        json!({"type":"post","ref":"1","conversation":"c","message":"m","text":"こんにちは"}),
        json!({"type":"post","conversation":"c","message":"m","text":"{}","form":{"form":"return","filled":true,"offer":7}}),
        json!({"type":"delivered","conversation":"c","up_to":14}),
        json!({"type":"read","conversation":"c","up_to":14}),
        json!({"type":"typing","conversation":"c"}),
        json!({"type":"close","ref":"1","conversation":"c"}),
        json!({"type":"availability","ref":"1","availability":"ready"}),
        json!({"type":"accept","ref":"1","contact":"c.1","round":1}),
        json!({"type":"decline","ref":"1","contact":"c.1","round":1}),
        json!({"type":"transfer","ref":"1","conversation":"c"}),
        json!({"type":"ping"}),
    ];
    for frame in frames {
        assert!(decode(&frame.to_string()).is_ok(), "{frame}");
    }
}

#[test]
fn an_answer_looks_as_documented() {
    let done = ServerFrame::Done { reference: "r".into(), number: Some(15), repeated: false };
    assert_eq!(encode(&done).as_str(), r#"{"type":"done","ref":"r","number":15,"repeated":false}"#);
    let error =
        ServerFrame::Error { reference: None, reason: "closed".into(), message: "it ended".into(), retry: false };
    let text = r#"{"type":"error","reason":"closed","message":"it ended","retry":false}"#;
    assert_eq!(encode(&error).as_str(), text);
    let what = What::Message { message: "m".into(), text: "t".into(), erased: false, form: None };
    let by = Some(By { kind: Kind::Agent, id: "a".into() });
    let event = ServerFrame::Event { conversation: "c".into(), event: Event { number: 15, at: 1, by, what } };
    let text = r#"{"type":"event","conversation":"c","event":{"number":15,"at":1,"by":{"kind":"agent","id":"a"},"what":"message","message":"m","text":"t","erased":false}}"#;
    assert_eq!(encode(&event).as_str(), text);
    let hidden = Event { number: 16, at: 1, by: None, what: What::Hidden };
    let hidden = ServerFrame::Event { conversation: "c".into(), event: hidden };
    let text = r#"{"type":"event","conversation":"c","event":{"number":16,"at":1,"what":"hidden"}}"#;
    assert_eq!(encode(&hidden).as_str(), text);
    assert_eq!(encode(&ServerFrame::Pong).as_str(), r#"{"type":"pong"}"#);
}

#[test]
fn a_bad_frame_keeps_its_ref_when_it_can_be_read() {
    let bad = decode(r#"{"type":"post","ref":"7","conversation":5}"#).unwrap_err();
    assert_eq!(bad.reference.as_deref(), Some("7"));
    assert_eq!(decode(r#"{"type":"post","ref":"7""#).unwrap_err().reference, None);
    let long = format!(r#"{{"type":"close","ref":"{}","conversation":"c"}}"#, "x".repeat(65));
    assert_eq!(decode(&long).unwrap_err().reference, None);
}

#[test]
fn an_error_repeats_nothing_of_the_content() {
    let bad = decode(r#"{"type":"secret-password","ref":"7"}"#).unwrap_err();
    assert!(!bad.message.contains("secret"), "{}", bad.message);
}

fn texts() -> impl Strategy<Value = String> {
    any::<String>()
}

fn frames() -> impl Strategy<Value = ClientFrame> {
    let reference = || proptest::option::of("[a-z0-9]{1,64}");
    prop_oneof![
        (any::<u32>(), texts(), texts()).prop_map(|(protocol, token, language)| ClientFrame::Hello {
            protocol,
            token,
            language
        }),
        (reference(), texts(), texts(), proptest::option::of(texts())).prop_map(
            |(reference, conversation, queue, name)| ClientFrame::Open {
                reference,
                answers: BTreeMap::from([(queue.clone(), conversation.clone())]),
                conversation,
                reason: name.clone(),
                queue,
                name,
            }
        ),
        (reference(), texts(), texts(), any::<bool>()).prop_map(|(reference, conversation, text, whisper)| {
            let (message, mentions) = (text.clone(), vec![text.clone()]);
            ClientFrame::Note { reference, conversation, message, text, mentions, whisper }
        }),
        (reference(), texts(), texts(), texts()).prop_map(|(reference, conversation, message, text)| {
            ClientFrame::Post { reference, conversation, message, text, form: None }
        }),
        (reference(), texts(), any::<u64>()).prop_map(|(reference, conversation, after)| ClientFrame::Watch {
            reference,
            conversation,
            after
        }),
        (texts(), any::<u64>()).prop_map(|(conversation, up_to)| ClientFrame::Read { conversation, up_to }),
    ]
}

proptest! {
    #[test]
    fn a_frame_reads_as_it_was_written(frame in frames()) {
        let text = serde_json::to_string(&frame).unwrap();
        prop_assert_eq!(decode(&text).unwrap(), frame);
    }

    #[test]
    fn no_text_is_too_broken_to_be_refused(text in any::<String>()) {
        prop_assert!(decode(&text).is_err());
    }

    #[test]
    fn a_cut_frame_is_refused(frame in frames(), cut in any::<prop::sample::Index>()) {
        let text = serde_json::to_string(&frame).unwrap();
        let at = text.floor_char_boundary(cut.index(text.len()));
        prop_assert!(decode(&text[..at]).is_err());
    }

    #[test]
    fn an_event_frame_reads_as_it_was_written(number in any::<u64>(), text in texts(), id in texts()) {
        let what = What::Message { message: "m".into(), text: text.as_str().into(), erased: false, form: None };
        let by = Some(By { kind: Kind::Customer, id: id.as_str().into() });
        let frame = ServerFrame::Event { conversation: "c".into(), event: Event { number, at: 0, by, what } };
        let written = encode(&frame);
        prop_assert_eq!(serde_json::from_str::<ServerFrame>(written.as_str()).unwrap(), frame);
    }
}
