//! Two Alertmanagers of one cluster that cannot see each other: both send everything.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn twins_make_one_message_and_tell_nothing_twice() {
    let Some(program) = program() else { return };
    let dir = tempfile::tempdir().unwrap();
    let (sandbox, service) = bridge(dir.path()).await;
    let hook = service.url("/hook/alertmanager");
    let one = Alertmanager::start(&program, dir.path(), "am-0", &hook).await;
    let two = Alertmanager::start(&program, dir.path(), "am-1", &hook).await;
    let both = async |instances: &[&str], firing: bool| {
        one.alerts("Twins", instances, firing).await;
        two.alerts("Twins", instances, firing).await;
    };
    both(&["a"], true).await;
    shows(&sandbox, "Twins", |p| p.firing == ["a"]).await;
    both(&["b"], true).await;
    shows(&sandbox, "Twins", |p| p.firing == ["a", "b"]).await;
    both(&["a", "b"], false).await;
    let message = shows(&sandbox, "Twins", |p| p.status == "resolved").await;
    // Time for the second twin to say everything again.
    tokio::time::sleep(Duration::from_secs(5)).await;
    let statuses: Vec<String> = message.probes().into_iter().map(|probe| probe.status).collect();
    let turns = statuses.windows(2).filter(|pair| pair[0] != pair[1]).count();
    assert_eq!(turns, 1, "fires, then is over, and never again: {statuses:?}");
    let replies = sandbox.replies(&message.id).await;
    let over = replies.iter().filter(|reply| reply.versions[0].to_string().contains("已恢复")).count();
    assert_eq!(over, 1, "it is over once: {replies:#?}");
}
