//! A list of many pages becomes one [`Listing`].
//!
//! Ends on `X-Total-Count` or on an empty page, never on a short one (servers
//! clamp the limit in silence). Invariant: it ends; nothing is left out without
//! being counted in `skipped`, and a list beyond the cap is an error.

use super::{Client, Endpoint, ForgeError, answer::Reply, call::Call};
use crate::model::Time;
use serde::{Deserialize, de::DeserializeOwned};
use std::{
    collections::{HashMap, hash_map::Entry},
    hash::Hash,
};

/// Items asked for per page; a stock server gives no more.
const PAGE_ITEMS: u32 = 50;
/// Times a list is read again because items left it between two pages.
const MAX_RESTARTS: u32 = 3;

/// A whole list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing<T> {
    /// Its items, each once, in the order of the server.
    pub items: Vec<T>,
    /// The server's own time when it answered the first page.
    pub server_time: Option<Time>,
    /// Items that could not be read, or were larger than an answer may be.
    pub skipped: u32,
}

/// One page of a list that is read a little at a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    /// Its items that can be read.
    pub items: Vec<T>,
    /// How many the server gave; none when the list is over.
    pub given: u32,
    /// How many there are in all, where the server tells.
    pub total: Option<u64>,
}

impl<T> Listing<T> {
    /// Turns the items into others; `None` counts as skipped.
    pub(crate) fn convert<U>(self, to: impl Fn(T) -> Option<U>) -> Listing<U> {
        let before = self.items.len();
        let items: Vec<U> = self.items.into_iter().filter_map(to).collect();
        let lost = u32::try_from(before - items.len()).unwrap_or(u32::MAX);
        Listing {
            items,
            server_time: self.server_time,
            skipped: self.skipped.saturating_add(lost),
        }
    }

    /// Keeps each item once: the last reading, at its first place.
    pub(crate) fn distinct<K: Eq + Hash>(mut self, key: impl Fn(&T) -> K) -> Listing<T> {
        let mut places: HashMap<K, usize> = HashMap::new();
        let mut kept: Vec<T> = Vec::with_capacity(self.items.len());
        for item in self.items {
            match places.entry(key(&item)) {
                Entry::Occupied(place) => kept[*place.get()] = item,
                Entry::Vacant(place) => {
                    place.insert(kept.len());
                    kept.push(item);
                }
            }
        }
        self.items = kept;
        self
    }
}

/// The items of one answer, null elements and unreadable ones counted.
pub(crate) fn items<W: DeserializeOwned>(reply: &Reply) -> Result<(Vec<W>, u32, u32), ForgeError> {
    let raw: Option<Vec<serde_json::Value>> = reply.json()?;
    let raw = raw.unwrap_or_default();
    let all = u32::try_from(raw.len()).unwrap_or(u32::MAX);
    let read: Vec<W> = raw
        .into_iter()
        .filter_map(|value| serde_json::from_value(value).ok())
        .collect();
    let good = u32::try_from(read.len()).unwrap_or(u32::MAX);
    Ok((read, all, all - good))
}

/// A list being read.
struct Reading<W> {
    listing: Listing<W>,
    /// Items the server counts as given.
    given: u64,
    /// The total as last told.
    total: Option<u64>,
}

impl<W> Reading<W> {
    fn new() -> Self {
        Reading {
            listing: Listing {
                items: Vec::new(),
                server_time: None,
                skipped: 0,
            },
            given: 0,
            total: None,
        }
    }
}

#[derive(Deserialize)]
#[serde(default)]
struct Settings {
    max_response_items: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            max_response_items: PAGE_ITEMS,
        }
    }
}

impl Client {
    /// Reads a list that the server does not page.
    pub(crate) async fn whole<W: DeserializeOwned>(
        &self,
        call: &Call,
    ) -> Result<Listing<W>, ForgeError> {
        let reply = self.send(call).await?;
        let (items, _, skipped) = items(&reply)?;
        Ok(Listing {
            items,
            server_time: reply.server_time,
            skipped,
        })
    }

    /// Reads a paged list to its end.
    pub(crate) async fn all<W: DeserializeOwned>(
        &self,
        call: &Call,
    ) -> Result<Listing<W>, ForgeError> {
        for _ in 0..MAX_RESTARTS {
            if let Some(listing) = self.attempt(call, true).await? {
                return Ok(listing);
            }
        }
        tracing::warn!(endpoint = %call.at, "the list kept shrinking while it was read; an item may be missing until the next full reading");
        let last = self.attempt(call, false).await?;
        Ok(last.unwrap_or_else(|| Reading::new().listing))
    }

    /// `None`: items left the list meanwhile, so that one may have slipped through.
    async fn attempt<W: DeserializeOwned>(
        &self,
        call: &Call,
        strict: bool,
    ) -> Result<Option<Listing<W>>, ForgeError> {
        let mut reading = Reading::new();
        for page in 1..=self.inner.limits.pages {
            let got = match self.page(call, page, PAGE_ITEMS).await {
                Ok(reply) => {
                    let shrunk = reading.total.zip(reply.total);
                    if strict && shrunk.is_some_and(|(before, now)| now < before) {
                        return Ok(None);
                    }
                    reading.take(&reply)?
                }
                Err(ForgeError::TooLarge { .. }) => {
                    self.one_by_one(call, page, &mut reading).await?
                }
                Err(error) => return Err(error),
            };
            let all_given = reading.total.is_some_and(|total| reading.given >= total);
            if got == 0 || all_given {
                return Ok(Some(reading.listing));
            }
        }
        Err(ForgeError::TooManyPages {
            at: call.at,
            pages: self.inner.limits.pages,
        })
    }

    /// Reads one page of a list; what is too large for an answer is left out of it.
    pub(crate) async fn one_page<W: DeserializeOwned>(
        &self,
        call: &Call,
        page: u32,
    ) -> Result<Page<W>, ForgeError> {
        let mut reading = Reading::new();
        let given = match self.page(call, page, PAGE_ITEMS).await {
            Ok(reply) => reading.take(&reply)?,
            Err(ForgeError::TooLarge { .. }) => self.one_by_one(call, page, &mut reading).await?,
            Err(error) => return Err(error),
        };
        Ok(Page {
            items: reading.listing.items,
            given,
            total: reading.total,
        })
    }

    async fn page(&self, call: &Call, page: u32, limit: u32) -> Result<Reply, ForgeError> {
        let more = [("page", page.to_string()), ("limit", limit.to_string())];
        self.send_page(call, &more).await
    }

    /// Reads a page that is too large item by item: one giant must not hide the others.
    async fn one_by_one<W: DeserializeOwned>(
        &self,
        call: &Call,
        page: u32,
        reading: &mut Reading<W>,
    ) -> Result<u32, ForgeError> {
        let settings = Call::new(Endpoint::Settings, "the api settings", &["settings", "api"]);
        let settings: Settings = self.send(&settings).await?.json()?;
        let size = settings.max_response_items.clamp(1, PAGE_ITEMS);
        let first = (page - 1).saturating_mul(size) + 1;
        let mut got = 0;
        for single in first..first.saturating_add(size) {
            match self.page(call, single, 1).await {
                Ok(reply) => match reading.take(&reply)? {
                    0 => break,
                    n => got += n,
                },
                Err(ForgeError::TooLarge { .. }) => {
                    tracing::warn!(endpoint = %call.at, item = single, "an item is larger than an answer may be and is left out");
                    reading.listing.skipped += 1;
                    reading.given += 1;
                    got += 1;
                }
                Err(error) => return Err(error),
            }
        }
        Ok(got)
    }
}

impl<W: DeserializeOwned> Reading<W> {
    fn take(&mut self, reply: &Reply) -> Result<u32, ForgeError> {
        let (items, all, skipped) = items(reply)?;
        self.listing.items.extend(items);
        self.listing.skipped = self.listing.skipped.saturating_add(skipped);
        self.listing.server_time = self.listing.server_time.or(reply.server_time);
        self.total = reply.total.or(self.total);
        self.given += u64::from(all);
        Ok(all)
    }
}
