//! A webhook: the factory looks long before its next tick.

use crate::support::{Plant, until};
use hmac::{Hmac, KeyInit, Mac};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;

const SECRET: &str = "0123456789abcdef0123456789abcdef";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_signed_delivery_has_the_forge_read_at_once_and_an_unsigned_one_does_not() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = free.local_addr().unwrap();
    drop(free);
    let more = format!("\n[webhook]\nlisten = \"{address}\"\nsecret_file = \"hook\"\n");
    let plant = Plant::new("echo more >> README.md", "10m", &more).await;
    let secret = plant.dir.join("hook");
    std::fs::write(&secret, SECRET).unwrap();
    std::fs::set_permissions(&secret, std::fs::Permissions::from_mode(0o600)).unwrap();
    let daemon = plant.run(&[]).await;
    let (repo, bug) = (&plant.world.repo, plant.world.bug);
    let forge = &plant.forge;
    until("the first reading", || {
        (forge.requests() > 10).then_some(())
    })
    .await;
    let text = "@adf:developer please mend it";
    forge.comment(repo, bug, "alice", text).unwrap();

    // Only loopback is spoken to, but the client wants its cryptography named.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let url = format!("http://{address}/");
    let unsigned = http.post(&url).body("{}").send().await.unwrap();
    assert_eq!(unsigned.status(), 401);
    let id = adf::store::open_read_only(&plant.dir.join("state"))
        .and_then(|reader| reader.world())
        .unwrap()
        .repository
        .expect("it was read")
        .id;
    let body = format!(r#"{{"action":"created","repository":{{"id":{}}}}}"#, id.0);
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
    mac.update(body.as_bytes());
    let signature = hex::encode(mac.finalize().into_bytes());
    let signed = http.post(&url).header("x-gitea-signature", signature);
    let signed = signed.body(body).send().await.unwrap();
    assert_eq!(signed.status(), 202);
    plant.until_told(bug, "has delivered").await;
    drop(daemon);
}
