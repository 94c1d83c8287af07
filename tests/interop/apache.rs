//! Apache with `mod_auth_openidc` as the application: how most old intranet pages get a sign-in.
//!
//! An Apache of the test's own: own folder, own port, never the system's service.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::process::{Child, Command};

use crate::support::{Application, Idp, Setup, Usher, ports};

fn configuration(folder: &Path, port: u16, usher: &Usher, app: &Application) -> String {
    let (folder, issuer) = (folder.display(), &usher.base);
    let (id, secret) = (&app.id, app.secret.clone().unwrap_or_default());
    let modules: String = [
        ("mpm_event", "mod_mpm_event"),
        ("authz_core", "mod_authz_core"),
        ("authn_core", "mod_authn_core"),
        ("authz_user", "mod_authz_user"),
        ("headers", "mod_headers"),
        ("auth_openidc", "mod_auth_openidc"),
    ]
    .map(|(name, file)| format!("LoadModule {name}_module /usr/lib/apache2/modules/{file}.so\n"))
    .concat();
    format!(
        r#"ServerRoot "{folder}"
ServerName 127.0.0.1
Listen 127.0.0.1:{port}
PidFile "{folder}/pid"
ErrorLog "{folder}/error.log"
LogLevel warn auth_openidc:info
Mutex file:{folder} default
{modules}
DocumentRoot "{folder}/htdocs"
OIDCProviderMetadataURL {issuer}/.well-known/openid-configuration
OIDCClientID {id}
OIDCClientSecret {secret}
OIDCRedirectURI http://127.0.0.1:{port}/private/callback
OIDCCryptoPassphrase a-passphrase-of-the-test
OIDCScope "openid email profile"
OIDCPKCEMethod S256
OIDCSSLValidateServer Off
OIDCRemoteUserClaim preferred_username
<Location "/private">
  AuthType openid-connect
  Require valid-user
  Header always set X-Person "expr=%{{REMOTE_USER}}"
  Header always set X-Email "expr=%{{HTTP:OIDC_CLAIM_email}}"
  Header always set X-Subject "expr=%{{HTTP:OIDC_CLAIM_sub}}"
</Location>
"#
    )
}

async fn start(folder: &Path, port: u16, usher: &Usher, app: &Application) -> Child {
    std::fs::create_dir_all(folder.join("htdocs/private")).expect("a folder");
    std::fs::write(folder.join("htdocs/private/page.html"), "<h1>Private</h1>").expect("a page");
    let mut text = configuration(folder, port, usher, app);
    let root = std::process::Command::new("id").arg("-u").output().is_ok_and(|o| o.stdout == b"0\n");
    if root {
        text.push_str("User www-data\nGroup www-data\n");
        let owned = std::process::Command::new("chown").args(["-R", "www-data"]).arg(folder).status();
        assert!(owned.expect("chown runs").success());
    }
    let file = folder.join("httpd.conf");
    std::fs::write(&file, text).expect("writable");
    let mut command = Command::new("/usr/sbin/apache2");
    command.arg("-f").arg(&file).arg("-DFOREGROUND").kill_on_drop(true);
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::inherit()).spawn().expect("runs");
    for _ in 0..200 {
        if TcpStream::connect(("127.0.0.1", port)).await.is_ok() {
            return child;
        }
        let ended = child.try_wait().expect("a status");
        let log = || std::fs::read_to_string(folder.join("error.log")).unwrap_or_default();
        assert!(ended.is_none(), "Apache ended: {ended:?}\n{}", log());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("Apache does not listen");
}

#[tokio::test]
async fn apache_protects_a_page() {
    let port = ports::free();
    let callback = format!("http://127.0.0.1:{port}/private/callback");
    let (acme, intranet) =
        (Idp::start().await, Application::web("intranet").with("redirect_uris", serde_json::json!([callback])));
    let usher = Setup::new().idp("acme", &acme).app(&intranet).start().await;
    let folder = tempfile::tempdir().expect("a folder");
    let mut apache = start(folder.path(), port, &usher, &intranet).await;
    let mut browser = usher.browser();
    let origin = format!("http://127.0.0.1:{port}");
    browser.reaches(&origin, ([127, 0, 0, 1], port).into());

    let page = browser.open(format!("{origin}/private/page.html")).await.page();
    assert!(page.url.as_str().starts_with(&usher.base), "{page}");
    let page = browser.click(&page, "/go/acme").await.page();

    let log = std::fs::read_to_string(folder.path().join("error.log")).unwrap_or_default();
    assert_eq!(page.text("h1"), "Private", "{page}\n{log}");
    assert_eq!(page.answer.header("x-person"), "alice");
    assert_eq!(page.answer.header("x-email"), "alice@corp.test");
    assert_eq!(usher.database.rows().await.users, 1);
    // SIGTERM to the parent lets Apache end its workers itself.
    let id = apache.id().expect("running").to_string();
    std::process::Command::new("kill").args(["-TERM", &id]).status().expect("kill runs");
    apache.wait().await.expect("ends");
}
