//! From configuration to an open database.

use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path;

use usher_domain::Entropy;
use usher_outbound::SystemEntropy;
use usher_storage::{MasterKey, Store, StoreOptions};

use crate::config::Config;

/// Why a database was not opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// No master key was given.
    #[error("no master key: set USHER_MASTER_KEY or --key-file (with sqlite: the file is made at first start)")]
    NoMasterKey,
    /// The folder of the database cannot be made.
    #[error("the folder of the database cannot be made")]
    Folder(#[source] std::io::Error),
    /// The database.
    #[error(transparent)]
    Storage(#[from] usher_storage::StorageError),
}

/// Options for the configured database; makes folder and key file of the embedded mode at first start.
pub fn options(config: &Config) -> Result<StoreOptions, OpenError> {
    if let Some(path) = config.database.strip_prefix("sqlite:")
        && let Some(folder) = Path::new(path.trim_start_matches("//")).parent()
    {
        private_folder(folder)?;
    }
    Ok(StoreOptions::new(&config.database, master_key(config, &SystemEntropy)?))
}

/// Makes a folder that only its owner enters; one that exists stays as its admin made it.
fn private_folder(folder: &Path) -> Result<(), OpenError> {
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(OpenError::Folder)
}

fn master_key(config: &Config, entropy: &dyn Entropy) -> Result<MasterKey, OpenError> {
    if let Some(text) = &config.master_key {
        return Ok(MasterKey::parse(text.expose())?);
    }
    let path = config.key_path().ok_or(OpenError::NoMasterKey)?;
    if path.exists() {
        return Ok(MasterKey::load(&path)?);
    }
    if !config.is_embedded() {
        return Err(OpenError::NoMasterKey);
    }
    if let Some(folder) = path.parent() {
        private_folder(folder)?;
    }
    Ok(MasterKey::create(&path, entropy)?)
}

/// Opens the database as it is.
pub async fn store(config: &Config) -> Result<Store, OpenError> {
    Ok(Store::open(&options(config)?).await?)
}
