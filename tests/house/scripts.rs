//! The scripts that the image and the compose file rely on.

use std::os::unix::fs::PermissionsExt;

use tokio::process::Command;

use super::{output_of, project_root};
use crate::support::{Setup, ports};

#[tokio::test]
async fn the_health_check_tells_a_ready_usher_from_none() {
    let script = project_root().join("scripts/healthcheck.sh");
    let usher = Setup::new().start().await;
    let port = usher.nodes[0].address.port().to_string();
    let ready = Command::new(&script).arg(&port).output().await.expect("bash runs");
    output_of(&ready);

    let nobody = Command::new(&script).arg(ports::free().to_string()).output().await.expect("bash runs");
    assert!(!nobody.status.success(), "nothing listens, and the check passed");
}

#[tokio::test]
async fn fresh_secrets_are_written_once_and_for_their_owner_only() {
    let folder = tempfile::tempdir().expect("a folder");
    let script = project_root().join("scripts/new-env.sh");
    let run = async || output_of(&Command::new(&script).arg(folder.path()).output().await.expect("bash runs"));
    run().await;
    let file = folder.path().join(".env");
    let first = std::fs::read_to_string(&file).expect("written");
    run().await;
    assert_eq!(std::fs::read_to_string(&file).expect("still there"), first);
    assert_eq!(std::fs::metadata(&file).expect("there").permissions().mode() & 0o777, 0o600);
    let value = |name: &str| first.lines().find_map(|line| line.strip_prefix(name)).expect(name).to_owned();
    assert_eq!(value("POSTGRES_PASSWORD=").len(), 48);
    assert_eq!(value("USHER_MASTER_KEY=").len(), 44);
    assert!(folder.path().join("bootstrap.toml").exists());
}

#[tokio::test]
async fn a_compose_file_with_a_default_password_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let check = async |text: &str| {
        let file = folder.path().join("compose.yml");
        std::fs::write(&file, text).expect("writable");
        let script = project_root().join("scripts/check_compose.py");
        Command::new(script).arg(&file).output().await.expect("python runs").status.success()
    };
    let ours = super::read("docker-compose.yml");
    assert!(check(&ours).await);
    assert!(
        !check(&ours.replace("${POSTGRES_PASSWORD:?run scripts/new-env.sh}\"\n    volumes", "secret\"\n    volumes"))
            .await
    );
    assert!(!check(&ours.replace(":?run scripts/new-env.sh}\"\n      USHER_BOOT", ":-x}\"\n      USHER_BOOT")).await);
    assert!(!check(&ours.replace("healthcheck:", "unchecked:")).await);
}
