//! One Alertmanager: the life of a group, a large group, a reminder.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn one_message_lives_as_its_group_does() {
    let Some(program) = program() else { return };
    let dir = tempfile::tempdir().unwrap();
    let (sandbox, mut service) = bridge(dir.path()).await;
    let am = Alertmanager::start(&program, dir.path(), "am", &service.url("/hook/alertmanager")).await;

    // This one goes on firing: Alertmanager reminds after a while, at the end of this story.
    am.alerts("Reminded", &["a"], true).await;
    shows(&sandbox, "Reminded", |p| p.firing == ["a"]).await;

    am.alerts("Story", &["a", "b"], true).await;
    let first = shows(&sandbox, "Story", |p| p.firing == ["a", "b"]).await;
    am.alerts("Story", &["c"], true).await;
    shows(&sandbox, "Story", |p| p.firing == ["a", "b", "c"]).await;

    // It ends while larkhook is away: Alertmanager tries again until it is back.
    service.kill();
    am.alerts("Story", &["c"], false).await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    service.start(None);
    service.ready().await;
    shows(&sandbox, "Story", |p| p.firing == ["a", "b"] && p.resolved == ["c"]).await;

    // A silenced member is not resolved: it is no longer reported.
    let silence = am.silence("a").await;
    am.alerts("Story", &["d"], true).await;
    shows(&sandbox, "Story", |p| p.firing == ["b", "d"] && p.gone == ["a"] && p.resolved == ["c"]).await;
    am.unsilence(&silence).await;
    am.alerts("Story", &["a"], true).await;
    shows(&sandbox, "Story", |p| p.firing == ["a", "b", "d"] && p.gone.is_empty()).await;

    assert!(service.stop(), "SIGTERM: {}", service.log());
    service.start(None);
    service.ready().await;
    am.alerts("Story", &["a", "b", "d"], false).await;
    let over = shows(&sandbox, "Story", |p| p.status == "resolved" && p.firing.is_empty()).await;
    am.alerts("Story", &["a"], true).await;
    let again = shows(&sandbox, "Story", |p| p.status == "firing" && p.firing == ["a"]).await;
    assert_eq!((&over.id, &again.id), (&first.id, &first.id), "one message from the first alert to the last");
    wait_until("people hear what changed", SEEN, async || {
        let replies = sandbox.replies(&first.id).await;
        // Joined, resolved, left and joined, back; then over, and again.
        let texts: Vec<String> = replies.iter().map(|reply| reply.versions[0]["text"].to_string()).collect();
        let told = |words: &str| texts.iter().any(|text| text.contains(words));
        if replies.len() >= 5 && told("已恢复") && told("再次告警") { Ok(()) } else { Err(texts.join("\n")) }
    })
    .await;

    let reminded = shows(&sandbox, "Reminded", |p| p.firing == ["a"]).await;
    wait_until("the reminder is a reply", Duration::from_secs(150), async || match &sandbox.replies(&reminded.id).await[..] {
        [] => Err("none".to_owned()),
        [one] if one.parent.as_deref() == Some(&reminded.id) => Ok(()),
        more => Err(format!("{more:#?}")),
    })
    .await;
    assert_eq!(shows(&sandbox, "Reminded", |_| true).await.versions.len(), 1, "a reminder changes nothing of the card");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_alerts_are_one_message() {
    let Some(program) = program() else { return };
    let dir = tempfile::tempdir().unwrap();
    let (sandbox, mut service) = bridge(dir.path()).await;
    let am = Alertmanager::start(&program, dir.path(), "am", &service.url("/hook/alertmanager")).await;
    let all = names(0..200);
    let hosts: Vec<&str> = all.iter().map(String::as_str).collect();
    // As a storm comes: some first, the rest a moment later.
    am.alerts("Large", &hosts[..6], true).await;
    am.alerts("Large", &hosts[6..], true).await;
    shows(&sandbox, "Large", |p| p.firing == all).await;
    service.kill();
    am.alerts("Large", &hosts[..150], false).await;
    service.start(None);
    service.ready().await;
    shows(&sandbox, "Large", |p| p.firing == all[150..] && p.resolved == all[..150]).await;
    am.alerts("Large", &hosts[150..], false).await;
    shows(&sandbox, "Large", |p| p.status == "resolved").await;
    // The built-in card says the same within the platform's limits.
    let card = wait_until("the card is green", SEEN, async || {
        let cards = sandbox.roots(&format!("{CHAT}_cards")).await;
        let card = cards.first().ok_or("none")?.clone();
        match card.versions.last().and_then(|v| v.pointer("/header/template")).and_then(Value::as_str) {
            Some("green") => Ok(card),
            other => Err(format!("{other:?}")),
        }
    })
    .await;
    assert!(card.versions.iter().all(|version| version.to_string().len() <= 30_000));
}
