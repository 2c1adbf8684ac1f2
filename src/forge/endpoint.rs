//! Every call the factory makes of the forge, by name.
//!
//! An [`Endpoint`] says how it is called, whether it writes, and whether doing
//! it twice differs from doing it once. Invariant: no request leaves the
//! client without one, so that each can be counted, judged and named in errors.
//! What its answers mean is in [`super::status`].

use reqwest::Method;
use std::fmt;

/// What a repeated call does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nature {
    /// Changes nothing; may be tried again by the client itself.
    Read,
    /// Changes something, and twice is the same as once.
    Repeatable,
    /// Changes something, and twice is one too many.
    Once,
}

macro_rules! endpoints {
    ($($(#[$doc:meta])* $name:ident = $words:literal, $method:ident, $nature:ident;)*) => {
        /// A call the factory makes.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Endpoint { $($(#[$doc])* $name,)* }

        impl Endpoint {
            /// All of them, in their order of declaration.
            pub const ALL: &[Endpoint] = &[$(Endpoint::$name,)*];

            /// Its name for people, logs and metrics.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Endpoint::$name => $words,)* }
            }

            /// The HTTP method.
            #[must_use]
            pub fn method(self) -> Method {
                match self { $(Endpoint::$name => Method::$method,)* }
            }

            /// What a repeated call does.
            #[must_use]
            pub fn nature(self) -> Nature {
                match self { $(Endpoint::$name => Nature::$nature,)* }
            }
        }
    };
}

endpoints! {
    /// The server's version.
    Version = "read version", GET, Read;
    /// The server's paging limits.
    Settings = "read api settings", GET, Read;
    /// The token's own account.
    Me = "read own account", GET, Read;
    /// The repository.
    Repository = "read repository", GET, Read;
    /// One branch and its protection.
    Branch = "read branch", GET, Read;
    /// What a login may do.
    Permission = "read permission", GET, Read;
    /// Who can be assigned.
    Assignees = "list assignees", GET, Read;
    /// Issues and pull requests changed since a moment.
    Issues = "list issues", GET, Read;
    /// One issue or pull request.
    Issue = "read issue", GET, Read;
    /// Comments of the whole repository since a moment.
    Comments = "list comments", GET, Read;
    /// All comments of one issue.
    IssueComments = "list comments of issue", GET, Read;
    /// One comment.
    Comment = "read comment", GET, Read;
    /// Open pull requests.
    Pulls = "list pull requests", GET, Read;
    /// One pull request.
    Pull = "read pull request", GET, Read;
    /// Reviews of one pull request.
    Reviews = "list reviews", GET, Read;
    /// Inline comments of one review.
    ReviewComments = "list review comments", GET, Read;
    /// The repository's labels.
    Labels = "list labels", GET, Read;
    /// The repository's webhooks; only its admins may see them.
    Hooks = "list webhooks", GET, Read;
    /// What blocks an issue.
    Dependencies = "list dependencies", GET, Read;
    /// An empty comment that the forge must refuse: shows whether `write:issue` is there.
    ProbeIssueScope = "probe write:issue", POST, Repeatable;
    /// An empty pull request that the forge must refuse: shows whether `write:repository` is there.
    ProbeRepositoryScope = "probe write:repository", POST, Repeatable;
    /// A new comment.
    PostComment = "post comment", POST, Once;
    /// A new text for a comment.
    EditComment = "edit comment", PATCH, Repeatable;
    /// A comment removed.
    DeleteComment = "delete comment", DELETE, Repeatable;
    /// A new pull request.
    CreatePull = "open pull request", POST, Once;
    /// A new title and text for a pull request.
    EditPull = "edit pull request", PATCH, Repeatable;
    /// A new label.
    CreateLabel = "create label", POST, Once;
    /// Labels added to an issue.
    AddLabels = "add labels", POST, Repeatable;
    /// A label taken off an issue.
    RemoveLabel = "remove label", DELETE, Repeatable;
    /// The assignees of an issue, as a whole.
    SetAssignees = "set assignees", PATCH, Repeatable;
    /// A new webhook.
    CreateHook = "create webhook", POST, Once;
    /// An issue or pull request closed.
    Close = "close issue", PATCH, Repeatable;
    /// A new issue.
    CreateIssue = "create issue", POST, Once;
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
