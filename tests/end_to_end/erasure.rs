//! A customer is erased: nothing on any disk and no reader brings their words back.

use std::{fs, path::Path};

use serde_json::json;

use crate::{
    Stage,
    puppet::{Puppet, door, sign_in},
};

const SECRET: &str = "himitsu-no-denwa-bangou-0312345678";

pub async fn all(stage: &Stage) {
    let mut customer = Puppet::customer(stage, "tokyo").await;
    let conversation = customer.open().await;
    customer.post(conversation, SECRET).await;
    customer.sees(conversation, SECRET).await;
    customer.done(json!({"type": "close", "conversation": conversation})).await;
    assert_eq!(
        files_with(stage.folder(), SECRET.as_bytes()),
        Vec::<String>::new(),
        "texts must be sealed from the first day"
    );
    let supervisor = sign_in(stage, "osaka", "supervisor").await;
    let at_osaka = door(stage, "osaka", Some(&supervisor));
    let path = format!("/api/v1/conversations/{conversation}/events?after=0&limit=100");
    let before = at_osaka.get(&path).await.unwrap();
    assert!(before.to_string().contains(SECRET), "readable before: {before}");
    at_osaka.delete(&format!("/api/v1/customers/{}", customer.id)).await.unwrap();
    for site in ["tokyo", "osaka"] {
        // The other site hears of it in its own time.
        loop {
            let after = door(stage, site, Some(&supervisor)).get(&path).await.unwrap();
            if !after.to_string().contains(SECRET) {
                assert!(after.to_string().contains("\"erased\":true"), "{after}");
                break;
            }
            tokio::task::yield_now().await;
        }
    }
}

/// Files below a folder that hold these bytes.
fn files_with(folder: &Path, wanted: &[u8]) -> Vec<String> {
    let mut found = Vec::new();
    let Ok(entries) = fs::read_dir(folder) else {
        return found;
    };
    for path in entries.flatten().map(|entry| entry.path()) {
        if path.is_dir() {
            found.extend(files_with(&path, wanted));
        } else if fs::read(&path).is_ok_and(|bytes| bytes.windows(wanted.len()).any(|window| window == wanted)) {
            found.push(path.display().to_string());
        }
    }
    found
}
