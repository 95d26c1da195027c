//! A simulated online shop with the API of docs/crm-shop.md, for tests and practice centers: orders, stock, commands that it carries out
//! once each, and a feed of events that repeats itself and is out of order on purpose. Everything is in memory.
//!
//! | module | what |
//! |---|---|
//! | [`stand`] | what the shop has, and what it does when asked: no I/O |
//! | `http` | its API |

mod http;
pub mod stand;

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::{net::TcpListener, task::JoinHandle};

pub use stand::{Mood, Stand};

/// A shop that is open. Closed when dropped.
#[derive(Debug)]
pub struct Shop {
    address: SocketAddr,
    stand: Arc<Mutex<Stand>>,
    serving: JoinHandle<()>,
}

impl Drop for Shop {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Shop {
    /// Opens a shop at an address.
    ///
    /// # Errors
    /// When nobody can listen there.
    pub async fn open(address: SocketAddr, stand: Stand) -> std::io::Result<Shop> {
        let listener = TcpListener::bind(address).await?;
        let (address, stand) = (listener.local_addr()?, Arc::new(Mutex::new(stand)));
        let app = http::router(stand.clone());
        let serving = tokio::spawn(async move {
            // It ends with the task.
            let _ended = axum::serve(listener, app).await;
        });
        Ok(Shop { address, stand, serving })
    }

    /// Where its API is.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What it has and did.
    pub fn look(&self) -> MutexGuard<'_, Stand> {
        self.stand.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
