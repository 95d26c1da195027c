//! Where somebody came from, as the page that they looked at tells: pure. The addresses themselves are not kept: they may name a person.

use url::Url;

use crate::order::check::{Fault, fault};

/// Sites that people come from: the end of their hosts' names, and the route that it stands for.
const SITES: [(&str, &str); 17] = [
    ("youtube.com", "youtube"),
    ("youtu.be", "youtube"),
    ("com.google.android.youtube", "youtube"),
    ("instagram.com", "instagram"),
    ("facebook.com", "facebook"),
    ("x.com", "x"),
    ("twitter.com", "x"),
    ("t.co", "x"),
    ("tiktok.com", "tiktok"),
    ("line.me", "line"),
    ("google.com", "google"),
    ("google.co.jp", "google"),
    ("yahoo.co.jp", "yahoo"),
    ("yahoo.com", "yahoo"),
    ("bing.com", "bing"),
    ("note.com", "note"),
    ("kakaku.com", "kakaku"),
];
/// What may link to a page: sites, and apps of Android, which say their package as the host.
const SCHEMES: [&str; 3] = ["http", "https", "android-app"];
/// Longest address, characters.
const LONGEST_ADDRESS: usize = 2_048;
/// Longest route, characters.
const LONGEST_ROUTE: usize = 128;

/// The route of somebody who looked at `page` and came from `referrer`, either of which may be empty: the campaign that the page's address names, else
/// its source (`utm_campaign`, `utm_source`: <https://support.google.com/analytics/answer/10917952>), else the site that linked to it, a word for the
/// well-known ones and its host for the others. Empty: nothing tells, or it is a link from one page of a site to another.
///
/// # Errors
/// [`Fault`] `bad_url` of an address that is none.
pub(super) fn route(page: &str, referrer: &str) -> Result<String, Fault> {
    let (page, referrer) = (address(page, "page")?, address(referrer, "referrer")?);
    let named = page.as_ref().and_then(|page| tag(page, "utm_campaign").or_else(|| tag(page, "utm_source")));
    let own = page.as_ref().and_then(Url::host_str);
    let linked = || referrer.as_ref().and_then(Url::host_str).filter(|host| Some(*host) != own).map(site);
    Ok(named.or_else(linked).unwrap_or_default())
}

fn address(text: &str, field: &'static str) -> Result<Option<Url>, Fault> {
    if text.is_empty() {
        return Ok(None);
    }
    let url = (text.chars().count() <= LONGEST_ADDRESS).then(|| Url::parse(text).ok()).flatten();
    let url = url.filter(|url| url.has_host() && SCHEMES.contains(&url.scheme()));
    url.map(Some).ok_or_else(|| fault("bad_url", field))
}

fn tag(page: &Url, name: &str) -> Option<String> {
    let (_, value) = page.query_pairs().find(|(key, _)| key == name)?;
    let value: String = value.trim().chars().filter(|c| !c.is_control()).take(LONGEST_ROUTE).collect();
    (!value.is_empty()).then_some(value)
}

fn site(host: &str) -> String {
    let host = host.strip_prefix("www.").unwrap_or(host);
    let is_of = |site: &str| host.strip_suffix(site).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
    let known = SITES.iter().find(|(site, _)| is_of(site)).map(|(_, word)| (*word).to_owned());
    known.unwrap_or_else(|| host.chars().take(LONGEST_ROUTE).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_campaign_holds_before_its_source_and_that_before_the_site_that_linked() {
        let video = "https://www.youtube.com/watch?v=abc";
        for (page, referrer, route) in [
            ("https://shop.example/tea?utm_source=youtube&utm_campaign=spring%20tea", video, "spring tea"),
            ("https://shop.example/tea?utm_source=tv", video, "tv"),
            ("https://shop.example/tea?utm_source=", video, "youtube"),
            ("", "https://youtu.be/abc", "youtube"),
            ("", "https://m.youtube.com/", "youtube"),
            ("", "android-app://com.google.android.youtube", "youtube"),
            ("https://shop.example/tea", "https://search.yahoo.co.jp/search?p=tea", "yahoo"),
            ("", "https://www.blog.example/about-tea", "blog.example"),
            ("", "https://notyoutube.com/", "notyoutube.com"),
            ("", "https://例え.jp/", "xn--r8jz45g.jp"),
            ("https://shop.example/tea", "https://shop.example/", ""),
            ("https://shop.example/tea", "", ""),
            ("", "", ""),
        ] {
            assert_eq!(super::route(page, referrer), Ok(route.to_owned()), "{page} {referrer}");
        }
    }

    #[test]
    fn what_is_no_address_is_told_and_a_long_name_is_cut() {
        let long = format!("https://shop.example/{}", "a".repeat(LONGEST_ADDRESS));
        for (page, referrer, field) in [
            ("shop", "", "page"),
            ("mailto:hanako@example.jp", "", "page"),
            ("javascript:alert(1)", "", "page"),
            ("", "https://", "referrer"),
            ("", long.as_str(), "referrer"),
        ] {
            assert_eq!(route(page, referrer), Err(fault("bad_url", field)), "{page} {referrer}");
        }
        let tagged = format!("https://shop.example/?utm_campaign={}%0A", "茶".repeat(200));
        assert_eq!(route(&tagged, "").unwrap(), "茶".repeat(LONGEST_ROUTE));
    }
}
