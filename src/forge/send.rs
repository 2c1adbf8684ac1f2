//! One call in, one whole answer or one typed error out.
//!
//! Permit → breaker → request → capped body → judgement; a read goes round
//! again by [`super::retry`]. Invariant: redirects are never followed, and a
//! write is sent at most once.

use super::{
    Admission, Client, Endpoint, ForgeError, Health,
    answer::{self, Answer, Reply},
    call::Call,
    status,
};
use reqwest::{Url, header::CONTENT_TYPE};
use secrecy::SecretString;

impl Client {
    /// Sends a call; a read may be tried again.
    pub(crate) async fn send(&self, call: &Call) -> Result<Reply, ForgeError> {
        self.send_page(call, &[]).await
    }

    /// Sends a call with further parameters.
    pub(crate) async fn send_page(
        &self,
        call: &Call,
        more: &[(&str, String)],
    ) -> Result<Reply, ForgeError> {
        let url = call.url(&self.inner.root, more)?;
        let mut tried = 0;
        loop {
            tried += 1;
            let error = match self.once(call, url.clone()).await {
                Ok(reply) => return Ok(reply),
                Err(error) => error,
            };
            let Some(wait) = self.inner.limits.wait(&error, tried, fastrand::f64()) else {
                return Err(error);
            };
            tracing::debug!(%error, tried, wait_ms = wait.as_millis(), "reading again");
            tokio::time::sleep(wait).await;
        }
    }

    async fn once(&self, call: &Call, url: Url) -> Result<Reply, ForgeError> {
        let inner = &*self.inner;
        let at = call.at;
        let permit = inner.permits.acquire().await;
        let Ok(_permit) = permit else {
            return Err(transport(at, false, false, "the client is shut".to_owned()));
        };
        let admission =
            inner
                .breaker
                .admit(inner.clock.now())
                .map_err(|away| ForgeError::BreakerOpen {
                    at,
                    until: away.until,
                    after: away.after,
                    asked: away.asked,
                })?;
        inner.meter.count(at);
        let result = self.exchange(call, url).await;
        self.settle(admission, result.as_ref().err());
        result
    }

    fn settle(&self, admission: Admission, error: Option<&ForgeError>) {
        let now = self.inner.clock.now();
        let hold = match error {
            Some(ForgeError::RateLimited { after, .. } | ForgeError::Server { after, .. }) => {
                *after
            }
            _ => None,
        };
        if let Some(span) = hold {
            self.inner.breaker.hold(now, span);
        }
        let bad = match error {
            Some(ForgeError::Transport { .. }) => true,
            Some(ForgeError::Server { at, status, .. }) => status::is_the_servers(*at, *status),
            _ => false,
        };
        admission.settle(if bad { Health::Bad } else { Health::Good }, now);
    }

    async fn exchange(&self, call: &Call, url: Url) -> Result<Reply, ForgeError> {
        let at = call.at;
        let mut request = self.inner.http.request(at.method(), url);
        if let Some(body) = &call.body {
            request = request
                .header(CONTENT_TYPE, "application/json")
                .body(body.clone());
        }
        let response = request.send().await.map_err(|e| lost(at, e))?;
        let status = response.status().as_u16();
        let headers = response.headers().clone();
        let good = response.status().is_success();
        let body = match self.read(at, response).await {
            Ok(body) => body,
            // A bad status says more than the cut or oversized page that came with it.
            Err(_) if !good => Vec::new(),
            Err(error) => return Err(error),
        };
        if !good {
            let answer = Answer {
                at,
                what: &call.what,
                status,
                headers: &headers,
                body: &body,
                now: self.inner.clock.now(),
                token: &self.inner.token,
                full_name: &self.inner.full_name,
            };
            return Err(answer.error());
        }
        Ok(Reply {
            at,
            status,
            total: answer::total(&headers),
            server_time: answer::server_time(&headers),
            body,
        })
    }

    async fn read(
        &self,
        at: Endpoint,
        mut response: reqwest::Response,
    ) -> Result<Vec<u8>, ForgeError> {
        let cap = self.inner.limits.body_bytes;
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|e| lost(at, e))? {
            if body.len() + chunk.len() > cap {
                return Err(ForgeError::TooLarge { at, cap });
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }
}

fn lost(at: Endpoint, error: reqwest::Error) -> ForgeError {
    let error = error.without_url();
    let sent = !error.is_connect() && !error.is_builder();
    transport(at, sent, error.is_timeout(), chain(&error))
}

fn transport(at: Endpoint, sent: bool, timeout: bool, detail: String) -> ForgeError {
    ForgeError::Transport {
        at,
        sent,
        timeout,
        detail,
    }
}

/// An error and what caused it, in one line.
pub(super) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        next = cause.source();
    }
    answer::one_line(&text, &SecretString::default())
}
