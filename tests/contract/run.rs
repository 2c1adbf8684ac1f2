//! Runs the claims on a host, or says by name that they were not run.

use super::{
    comments, issues, labels, pulls, repo, reviews,
    world::{Ground, Host},
};
use futures_util::{
    future::BoxFuture,
    stream::{self, StreamExt},
};
use std::sync::Arc;

/// A claim by its name.
pub struct Claim {
    name: &'static str,
    hold: fn(Ground) -> BoxFuture<'static, ()>,
}

macro_rules! claims {
    ($($room:ident :: { $($name:ident),* $(,)? })*) => {
        &[$($(Claim {
            name: stringify!($name),
            hold: |ground| Box::pin($room::$name(ground)),
        },)*)*]
    };
}

const CLAIMS: &[Claim] = claims! {
    comments::{
        a_comment_comes_back_as_it_was_written,
        a_comment_on_a_missing_issue_is_an_error_that_does_not_last_for_ever,
        the_comments_of_a_missing_issue_are_not_found,
        since_is_inclusive_and_counts_whole_seconds,
        an_edited_comment_reappears_by_its_update_time,
        an_edited_comment_keeps_its_place_in_the_order,
        a_deleted_comment_is_gone_and_deleting_it_again_is_no_error,
        editing_a_deleted_comment_finds_nothing,
        a_stranger_may_comment_but_not_edit_others,
        an_editor_is_not_told,
        a_list_of_more_than_one_page_is_read_to_its_end_once,
        the_comments_of_an_issue_come_in_one_answer,
        a_comment_on_a_pull_request_says_so,
        an_event_is_no_comment,
        a_locked_conversation_refuses_strangers_and_takes_the_bot,
        later_comments_have_higher_ids,
    }
    issues::{
        an_issue_comes_back_as_it_was_opened,
        a_missing_issue_is_none,
        issues_changed_since_are_found_and_others_are_not,
        a_comment_moves_the_issue,
        closed_issues_and_pull_requests_are_listed_too,
        issues_of_more_than_one_page_are_read_to_their_end,
        dependencies_list_what_blocks,
        a_closed_blocker_stays_listed_as_closed,
        switched_off_dependencies_are_none,
        adding_a_dependency_moves_both_issues,
        assignees_are_replaced_as_a_whole,
        an_unknown_assignee_is_an_error,
    }
    labels::{
        labels_are_added_by_id,
        a_label_is_taken_off_by_its_id_and_others_stay,
        adding_a_label_twice_changes_nothing,
        an_unknown_label_is_noticed,
        labels_show_on_the_issue,
        labels_of_the_same_name_are_accepted,
    }
    pulls::{
        a_pull_request_is_opened_and_found_by_its_branch,
        a_second_pull_for_the_same_head_is_a_conflict,
        a_pull_request_from_a_missing_branch_is_refused_for_now,
        a_closed_pull_request_is_not_found_by_its_branch,
        a_closed_pull_request_makes_room_for_a_new_one,
        a_pull_request_takes_a_new_text,
        an_issue_is_no_pull_request,
        a_pull_request_can_be_labelled_and_assigned,
        a_pull_request_of_a_deleted_branch_is_still_read,
    }
    reviews::{
        a_review_says_its_body_and_its_inline_comments,
        a_review_moves_its_pull_request,
        what_reviews_say_is_not_among_the_comments,
        an_edited_inline_comment_shows_only_by_its_time,
        what_is_no_pull_request_has_no_reviews,
        reviews_of_more_than_one_page_are_read_to_their_end,
    }
    repo::{
        the_version_is_supported,
        the_repository_tells_what_delivery_needs,
        a_branch_with_a_slash_is_found,
        a_missing_branch_is_none,
        a_protected_branch_says_so,
        assignable_people_are_those_who_may_write,
        a_bot_may_ask_about_itself_only,
        a_stranger_may_not_push,
        archived_refuses_comments_with_423,
        an_archived_repository_lets_comments_be_deleted,
        a_renamed_repository_answers_moved,
        a_reused_name_is_another_repository,
        a_dead_token_is_unauthorized,
        a_missing_repository_is_not_found,
        the_scopes_of_a_good_token_are_enough,
        a_reading_token_lacks_the_writing_scopes,
        a_write_without_scope_names_the_scope,
        the_server_tells_its_time,
    }
};

/// Claims held at the same time.
const AT_ONCE: usize = 3;

/// Holds every claim against a host, each on a fresh repository.
pub async fn all(host: Arc<dyn Host>) {
    let lacks = host.lacks();
    for name in lacks {
        assert!(
            CLAIMS.iter().any(|claim| claim.name == *name),
            "no claim is called {name}"
        );
        eprintln!("SKIPPED {name}: this host does not have what it speaks of");
    }
    let claims = CLAIMS.iter().filter(|claim| !lacks.contains(&claim.name));
    let held = stream::iter(claims).map(|claim| one(Arc::clone(&host), claim));
    let held: Vec<(&str, bool)> = held.buffer_unordered(AT_ONCE).collect().await;
    let broken: Vec<&str> = held
        .iter()
        .filter(|(_, ok)| !ok)
        .map(|(name, _)| *name)
        .collect();
    assert!(broken.is_empty(), "claims broken: {broken:#?}");
    assert_eq!(held.len() + lacks.len(), CLAIMS.len());
}

async fn one(host: Arc<dyn Host>, claim: &'static Claim) -> (&'static str, bool) {
    let repo: String = claim.name.replace('_', "-").chars().take(60).collect();
    let repo = repo.trim_end_matches('-').to_owned();
    // A task, so that one broken claim does not hide the others.
    let held = tokio::spawn(async move {
        host.new_repo(&repo).await;
        (claim.hold)(Ground { host, repo }).await;
    });
    let ok = held.await.is_ok();
    eprintln!("{} {}", if ok { "ok     " } else { "BROKEN " }, claim.name);
    (claim.name, ok)
}

/// Names every claim that is not held.
pub fn skipped(host: &str, remedy: &str) {
    for claim in CLAIMS {
        eprintln!("SKIPPED contract::{host}::{}: {remedy}", claim.name);
    }
}
