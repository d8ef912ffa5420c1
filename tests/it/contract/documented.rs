//! Reads `tests/fixtures/platform/errors.txt`; the unit test of the error table includes this file as well.

use std::collections::BTreeMap;

/// One documented error of one call.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Pair {
    pub endpoint: String,
    pub code: i64,
    pub http: u16,
    /// `Class::detail`
    pub class: String,
}

/// Every documented pair.
pub fn pairs() -> Vec<Pair> {
    let mut groups: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut pairs = Vec::new();
    for line in include_str!("../../fixtures/platform/errors.txt").lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        let spread = |text: &str, groups: &BTreeMap<String, Vec<String>>| {
            let each = words(text).into_iter().flat_map(|word| if word.starts_with('@') { groups[&word].clone() } else { vec![word] });
            each.collect::<Vec<_>>()
        };
        if let Some((name, members)) = line.split_once(" = ") {
            let members = spread(members, &groups);
            groups.insert(name.to_owned(), members);
            continue;
        }
        let parts: Vec<&str> = line.split('|').collect();
        let [codes, endpoints, http, class] = parts[..] else { panic!("four parts: {line}") };
        for code in words(codes) {
            for endpoint in spread(endpoints, &groups) {
                let (code, http) = (code.parse().unwrap(), http.trim().parse().unwrap());
                pairs.push(Pair { endpoint, code, http, class: class.trim().to_owned() });
            }
        }
    }
    pairs
}
