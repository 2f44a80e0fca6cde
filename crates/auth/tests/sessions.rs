//! Temporary credentials from their beginning to their end, by the clock of the test.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, wherever it stands")]

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use api::{Arrival, ErrorCode, S3Error, Service, sts};
use auth::{Auth, Caller, Credentials, Identity, Limits, NoObjects, Session, Situation, Temporary};
use catalog::{Catalog, TreeIndex, TreeOptions};
use model::{AccountId, CanonicalId, Timestamp};
use seal::{MasterKey, Sealer};
use sigv4::{Payload, RequestView, Secret, Signer, V2};
use world::{Disk, RealDisk, SeededRandom, SystemClock};

const START: i64 = 1_700_000_000;

struct House {
    auth: Auth,
    accounts: auth::Accounts,
    folder: std::path::PathBuf,
}

impl Drop for House {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_seconds(START + seconds)
}

fn sealer() -> Sealer {
    Sealer::new(&MasterKey::from_bytes([7; 32]))
}

async fn house(name: &str) -> House {
    let folder = std::env::temp_dir().join(format!("strongroom-sessions-{name}-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    let disk = RealDisk::at(&folder).unwrap();
    let index = Box::new(TreeIndex::open(&disk, TreeOptions::default()).unwrap());
    let disk: Arc<dyn Disk> = Arc::new(disk);
    let catalog = Catalog::open(disk, index, Arc::new(SystemClock), catalog::Options::default()).unwrap();
    let random = Arc::new(SeededRandom::new(1));
    let accounts = auth::Accounts::new(catalog.clone(), random, sealer());
    let root = Credentials { access_key: "root".to_owned(), secret: Secret::new("secret") };
    let account = accounts.ensure_root().await.unwrap();
    House { auth: Auth::new(catalog, root, account, Vec::new(), V2::Off, sealer()), accounts, folder }
}

impl House {
    /// Of the root user of an account.
    fn session(&self, account: AccountId, duration_s: i64) -> Temporary {
        let root = Identity::root(account, CanonicalId::from_bytes([7; 32]), "root", "root", None);
        let caller = Caller::new(Some(Arc::new(root)), Situation::default());
        let input = sts::GetSessionTokenInput::default();
        let request = self.auth.authorize::<sts::GetSessionToken>(&caller, input, &NoObjects).unwrap();
        let session = Session::personal(&request, Limits { duration_s, ..Limits::default() }, at(0)).unwrap();
        session.issue(&sealer(), &SeededRandom::new(2)).unwrap()
    }

    fn ask(&self, key: &Temporary, token: Option<&str>, now: Timestamp) -> Result<(), S3Error> {
        let headers = [("host", "localhost")];
        let view = RequestView { method: "GET", path: "/", query: "", headers: &headers };
        let mut signer = Signer::new(&key.access_key, key.secret.clone(), "us-east-1", "s3");
        if let Some(token) = token {
            signer = signer.with_session_token(token);
        }
        let signed = signer.sign_headers(&view, Payload::Sha256(digest::sha256(b"")), now);
        let mut headers = vec![("host", "localhost")];
        headers.extend(signed.headers.iter().map(|(name, value)| (&**name, value.as_str())));
        let view = RequestView { headers: &headers, ..view };
        let remote = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 1);
        let service = Service::S3;
        let arrival =
            Arrival { remote, secure: false, tls_version: None, service, body_sha256: None, audited: false };
        self.auth.authenticate(&view, None, &arrival, now).map(|_| ())
    }
}

#[tokio::test]
async fn a_session_ends_with_its_time_also_when_it_was_just_in_use() {
    let house = house("expiry").await;
    let key = house.session(house.auth.root_account(), 900);
    assert_eq!(key.session.expires(), at(900));
    for seconds in [0, 1, 899] {
        house.ask(&key, Some(&key.token), at(seconds)).unwrap();
    }
    for seconds in [900, 901, 9_000_000] {
        let refused = house.ask(&key, Some(&key.token), at(seconds)).unwrap_err();
        assert_eq!(refused.code, ErrorCode::ExpiredToken);
        assert_eq!(refused.message, "The provided token has expired.");
        assert!(refused.elements.iter().any(|(name, value)| *name == "Token-0" && *value == key.token));
    }
}

#[tokio::test]
async fn a_key_works_with_its_own_token_alone() {
    let house = house("token").await;
    let key = house.session(house.auth.root_account(), 900);
    let refused = |token| house.ask(&key, token, at(0)).unwrap_err().code;
    assert_eq!(refused(None), ErrorCode::InvalidAccessKeyId);
    assert_eq!(refused(Some("token")), ErrorCode::InvalidToken);
    assert_eq!(refused(Some(&key.token[1..])), ErrorCode::InvalidToken);
    let wrong = Temporary { secret: Secret::new("another"), ..key.clone() };
    let refused = house.ask(&wrong, Some(&key.token), at(0)).unwrap_err();
    assert_eq!(refused.code, ErrorCode::SignatureDoesNotMatch);
    house.ask(&key, Some(&key.token), at(0)).unwrap();
}

#[tokio::test]
async fn a_session_ends_with_its_account() {
    let house = house("account").await;
    let new = auth::NewAccount { name: "alice".to_owned(), ..auth::NewAccount::default() };
    let alice = house.accounts.create(new).await.unwrap().account;
    let key = house.session(alice.id, 900);
    house.ask(&key, Some(&key.token), at(0)).unwrap();
    house.accounts.delete("alice").await.unwrap();
    let refused = house.ask(&key, Some(&key.token), at(1)).unwrap_err();
    assert_eq!(refused.code, ErrorCode::InvalidAccessKeyId);
}
