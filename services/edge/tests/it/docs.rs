//! What is written is what is served. `UPDATE_DOCS=1 cargo test -p edge` writes it anew.

use std::path::PathBuf;

use serde_json::Value;

use super::{browser::http, center::Center};

fn same_as_written(name: &str, served: &Value) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs").join(name);
    let text = format!("{}\n", serde_json::to_string_pretty(served).unwrap());
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap();
    assert!(written == text, "{name} is not what is served: run UPDATE_DOCS=1 cargo test -p edge");
}

#[tokio::test]
async fn the_documents_are_what_is_served() {
    let center = Center::start().await;
    for name in ["openapi.json", "socket.schema.json"] {
        let served = http(center.address, "GET", &format!("/{name}"), None, None).await;
        assert_eq!(served.status, 200);
        same_as_written(name, &served.body);
    }
}

#[tokio::test]
async fn every_documented_operation_is_served() {
    let center = Center::start().await;
    let document = edge::http::openapi::document();
    let mut operations = 0;
    for (path, methods) in document["paths"].as_object().unwrap() {
        for method in methods.as_object().unwrap().keys() {
            let path = path.replace("{id}", "x").replace("{login}", "x").replace("{file}", "x");
            let answer = http(center.address, &method.to_uppercase(), &path, None, None).await;
            assert!(![404, 405, 500].contains(&answer.status), "{method} {path}: {}", answer.status);
            let needs_token = methods[method]["security"].is_array();
            assert_eq!(needs_token, answer.status == 401, "{method} {path}: {}", answer.status);
            operations += 1;
        }
    }
    assert_eq!(operations, 137);
}
