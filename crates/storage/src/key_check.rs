//! The key-check row: a node with another master key refuses to start, instead of failing at the first secret.

use crate::db::{Store, values};
use crate::statements::statements;
use crate::{Purpose, StorageError};

statements! {
    INSERT = "INSERT INTO key_check (id, proof) VALUES (1, $1) ON CONFLICT (id) DO NOTHING";
    READ = "SELECT proof FROM key_check WHERE id = 1";
}

/// Compares the stored proof with this key's; the first node to open the database leaves it.
pub(crate) async fn prove(store: &Store) -> Result<(), StorageError> {
    let proof = store.sealer().mac(Purpose::KEY_CHECK, b"usher").to_vec();
    let mut stored = read(store).await?;
    if stored.is_none() {
        let first = proof.clone();
        store.write(move |tx| Box::pin(async move { tx.execute(INSERT, values![first]).await })).await?;
        // Another node may have been faster, with another key.
        stored = read(store).await?;
    }
    if stored == Some(proof) { Ok(()) } else { Err(StorageError::WrongMasterKey) }
}

async fn read(store: &Store) -> Result<Option<Vec<u8>>, StorageError> {
    store
        .read(|tx| {
            Box::pin(async move { tx.fetch_optional(READ, &[]).await?.map(|row| row.bytes("proof")).transpose() })
        })
        .await
}
