use crate::alert::Labels;
use crate::config::settings::{GroupBy, Route};
use crate::route::tests::{labels, route, settings};
use crate::route::{Hit, RECEIVER, SOURCE, Tree};
use jiff::Timestamp;
use proptest::prelude::*;

/// What stands at a hit: path, receiver, grouping, why it is muted.
type Ends = (String, Option<String>, Option<GroupBy>, Option<String>);

/// Alertmanager's rule in its plainest words, over the routes as written.
struct Reference<'a> {
    labels: &'a Labels,
    source: &'a str,
    receiver: &'a str,
    monday: bool,
}

impl Reference<'_> {
    fn walk(&self, route: &Route, parent: Option<(&Option<String>, &Option<GroupBy>)>) -> Vec<Ends> {
        let value = |name: &str| match name {
            SOURCE => self.source,
            RECEIVER => self.receiver,
            name => self.labels.get(name).map_or("", String::as_str),
        };
        if parent.is_some() && !route.matchers.iter().all(|matcher| matcher.matches_value(value(&matcher.name))) {
            return Vec::new();
        }
        let receiver = route.receiver.clone().or_else(|| parent?.0.clone());
        let group_by = route.group_by.clone().or_else(|| parent?.1.clone());
        let mut all = Vec::new();
        for child in &route.routes {
            let matches = self.walk(child, Some((&receiver, &group_by)));
            let matched = !matches.is_empty();
            all.extend(matches);
            if matched && !child.continue_matching {
                break;
            }
        }
        if all.is_empty() {
            let muted = match (route.mute_time_intervals.is_empty(), route.active_time_intervals.is_empty()) {
                (false, _) if self.monday => Some("muted by time interval \"weekdays\"".to_owned()),
                (_, false) if !self.monday => Some("outside of its active time interval \"weekdays\"".to_owned()),
                _ => None,
            };
            all.push((route.path.clone(), receiver, group_by, muted));
        }
        all
    }
}

fn ends(hit: &Hit<'_>) -> Ends {
    (hit.path.to_owned(), hit.receiver.map(str::to_owned), hit.group_by.cloned(), hit.muted.map(|muted| muted.to_string()))
}

fn any_route() -> impl Strategy<Value = Route> {
    let name = prop::sample::select(vec!["a", "a", "b", "c", SOURCE, RECEIVER]);
    let operator = prop::sample::select(vec!["=", "=", "=", "!=", "=~", "!~"]);
    let value = prop::sample::select(vec!["", "x", "y", "z", "x|y", "x|", "x.*", ".*y", "[xy]", "(?i)x", "\\\\bx", "x?y?", "^x$"]);
    let matcher = (name, operator, value).prop_map(|(name, operator, value)| format!("{name}{operator}\"{value}\""));
    let weekdays = || prop::bool::weighted(0.2).prop_map(|some| if some { vec!["weekdays".to_owned()] } else { Vec::new() });
    let group_by = prop::sample::select(vec![
        None,
        None,
        Some(GroupBy::All),
        Some(GroupBy::Labels(vec!["a".to_owned()])),
        Some(GroupBy::Labels(Vec::new())),
    ]);
    let receiver = prop::sample::select(vec![None, Some("a"), Some("b")]);
    let node = (prop::collection::vec(matcher, 0..4), any::<bool>(), receiver, group_by, weekdays(), weekdays()).prop_map(
        |(matchers, continue_matching, receiver, group_by, mute_time_intervals, active_time_intervals)| {
            let matchers: Vec<&str> = matchers.iter().map(String::as_str).collect();
            Route { continue_matching, group_by, mute_time_intervals, active_time_intervals, ..route(&matchers, receiver) }
        },
    );
    node.clone().prop_recursive(4, 64, 12, move |inner| {
        (node.clone(), prop::collection::vec(inner, 0..12)).prop_map(|(route, routes)| Route { routes, ..route })
    })
}

proptest! {
    #[test]
    fn the_compiled_walk_is_the_plain_one(
        root in any_route(),
        alerts in prop::collection::vec((
            prop::collection::btree_map("[abcd]|__source__|__receiver__", "x|y|z|xy|yx|X|w|", 0..5),
            "[xyz]|xy|",
            "[xyz]|xy|",
            any::<bool>(),
        ), 1..8),
    ) {
        let settings = settings(root);
        let tree = Tree::new(&settings).unwrap();
        for (labels, source, receiver, monday) in alerts {
            let now: Timestamp = if monday { "2026-11-23T04:00:00Z" } else { "2026-11-22T04:00:00Z" }.parse().unwrap();
            let expected = Reference { labels: &labels, source: &source, receiver: &receiver, monday }.walk(&settings.route, None);
            let found: Vec<Ends> = tree.route(&labels, &source, &receiver, now).iter().map(ends).collect();
            prop_assert_eq!(&found, &expected);
            let explained = tree.explain(&labels, &source, &receiver, now);
            let paths: Vec<String> = explained.hits.into_iter().map(|hit| hit.path).collect();
            prop_assert_eq!(paths, expected.into_iter().map(|(path, ..)| path).collect::<Vec<_>>());
        }
    }
}

/// How many nodes are looked at for an alert: what the lists leave over.
fn looked_at(routes: Vec<Route>, pairs: &[(&str, &str)]) -> usize {
    let settings = settings(Route { routes, ..route(&[], Some("default")) });
    let index = Tree::new(&settings).unwrap().index;
    let labels = labels(pairs);
    let seen = crate::route::Seen { labels: &labels, source: "s", receiver: "r" };
    let mut walk = super::Walk { index: &index, answers: index.conditions.read(seen), lists: Vec::new(), hits: Vec::new() };
    walk.open(&index.nodes[0]);
    std::iter::from_fn(|| walk.next(0)).count()
}

#[test]
fn only_children_that_can_match_are_looked_at() {
    let alert = [("severity", "critical"), ("team", "team-7")];
    let teams = |matchers: fn(usize) -> Vec<String>| {
        let one = |n| route(&matchers(n).iter().map(String::as_str).collect::<Vec<_>>(), None);
        (0..100).map(one).collect::<Vec<_>>()
    };
    let table: [(fn(usize) -> Vec<String>, usize); 7] = [
        (|n| vec![format!("team=\"team-{n}\"")], 1),
        (|n| vec!["severity=\"critical\"".into(), format!("team=\"team-{n}\"")], 1),
        (|n| vec!["severity=~\"critical|warning\"".into(), format!("team=~\"team-{n}|squad-{n}\"")], 1),
        (|n| vec![format!("team=~\"team-{n}(-.+)?\""), "severity=\"info\"".into()], 0),
        (|n| vec![format!("nobody=\"{n}\"")], 0),
        (|_| vec!["severity=\"critical\"".into()], 100),
        (|n| vec![format!("team!=\"team-{n}\""), "nobody=\"\"".into()], 100),
    ];
    for (at, (matchers, expected)) in table.into_iter().enumerate() {
        assert_eq!(looked_at(teams(matchers), &alert), expected, "{at}");
    }
}
