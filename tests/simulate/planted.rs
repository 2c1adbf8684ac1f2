//! Faults that the simulation must find, each in one place of the factory.

/// A fault planted in the factory under test.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Planted {
    /// The executor forgets to write that it tries.
    TriedIsNotWritten,
    /// Effects start without being written down as intended.
    IntentIsForgotten,
    /// The cursor moves in a batch before what it covers.
    CursorBeforeFacts,
    /// The cursor passes the server's own time.
    CursorPassesTheServer,
    /// Before writing again, nothing is looked for.
    LooksForNothing,
    /// Twins are not swept.
    TwinsStay,
    /// What may have happened is looked for at once.
    DoesNotSettle,
    /// A mark is believed whoever's text it stands in.
    BelievesEverybody,
    /// Old runs are not ended before a new one starts.
    OldRunsLive,
    /// Work begins without a look at who works on it.
    LeaseIsNotChecked,
    /// An effect under way is started again.
    StartsTwice,
    /// The world runs ahead of the ledger.
    WorldBeforeLedger,
    /// Of batches that were written one after the other, the first is heard last.
    OlderBatchLast,
    /// An effect's end is reported before it is over.
    EndsEarly,
    /// What issues wait for is never read.
    LinksAreNotRead,
    /// What was read of links is lost on its way to the ledger.
    LinksAreLost,
    /// Old issues are passed over when all open ones are read.
    OldIssuesAreNotRead,
    /// Every reading takes every issue for changed.
    EverythingChanges,
    /// Nobody is told of cycles.
    CyclesAreNotSaid,
}

impl Planted {
    /// All of them.
    pub const ALL: [Planted; 19] = [
        Planted::TriedIsNotWritten,
        Planted::IntentIsForgotten,
        Planted::CursorBeforeFacts,
        Planted::CursorPassesTheServer,
        Planted::LooksForNothing,
        Planted::TwinsStay,
        Planted::DoesNotSettle,
        Planted::BelievesEverybody,
        Planted::OldRunsLive,
        Planted::LeaseIsNotChecked,
        Planted::StartsTwice,
        Planted::WorldBeforeLedger,
        Planted::OlderBatchLast,
        Planted::EndsEarly,
        Planted::LinksAreNotRead,
        Planted::LinksAreLost,
        Planted::OldIssuesAreNotRead,
        Planted::EverythingChanges,
        Planted::CyclesAreNotSaid,
    ];

    /// Whether only a world of labelled issues can show it.
    pub fn is_of_backlogs(self) -> bool {
        matches!(
            self,
            Planted::LinksAreNotRead
                | Planted::LinksAreLost
                | Planted::OldIssuesAreNotRead
                | Planted::EverythingChanges
                | Planted::CyclesAreNotSaid
        )
    }
}
