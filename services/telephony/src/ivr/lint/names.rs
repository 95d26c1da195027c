//! What the flow and its nodes are called, and how many there are.

use super::{Flow, MAX_NODES, Report, is_id};

pub(super) fn check(flow: &Flow, report: &mut Report) {
    if !is_id(&flow.id) {
        report.error(
            None,
            "bad_id",
            "フローのIDは英小文字・数字・_-の1〜40文字です",
            "a flow's id is 1 to 40 characters of a-z, 0-9, _ and -",
        );
    }
    if flow.name.chars().count() > 80 {
        report.error(None, "name_too_long", "フローの名前は80文字までです", "a flow's name has at most 80 characters");
    }
    if flow.nodes.len() > MAX_NODES {
        let (ja, en) = (format!("ノードは{MAX_NODES}個までです"), format!("a flow has at most {MAX_NODES} nodes"));
        report.error(None, "too_many_nodes", ja, en);
    }
    if !flow.nodes.contains_key(&flow.start) {
        let (ja, en) = (
            format!("開始ノード「{}」がありません", flow.start),
            format!("the first node, {}, does not exist", flow.start),
        );
        report.error(None, "no_start", ja, en);
    }
    for id in flow.nodes.keys().filter(|id| !is_id(id)) {
        report.error(
            Some(id),
            "bad_id",
            "ノードのIDは英小文字・数字・_-の1〜40文字です",
            "a node's id is 1 to 40 characters of a-z, 0-9, _ and -",
        );
    }
}
