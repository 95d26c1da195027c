//! The wires between the servers of a center.

use super::layout::{Layout, Port};
use super::options::{Options, UpError};
use super::wire::Wire;

/// One proxy per direction, pair and kind; none when the center goes straight.
#[derive(Debug)]
pub(super) struct Wires {
    laid: Vec<Laid>,
}

#[derive(Debug)]
struct Laid {
    from: String,
    to: String,
    wire: Wire,
}

impl Wires {
    /// Lays them, all open.
    pub(super) async fn lay(layout: &Layout, options: &Options) -> Result<Self, UpError> {
        let mut laid = Vec::new();
        let pairs = if options.wires { layout.pairs() } else { Vec::new() };
        for (from, to) in pairs {
            for port in [Port::Route, Port::Nats] {
                let (listen, target) = (layout.wire(&from, &to, port), layout.port(&to, port));
                let wire = Wire::lay(listen, target, options.wan_delay).await;
                let wire = wire.map_err(|source| UpError::Spawn { name: format!("the wire at {listen}"), source })?;
                laid.push(Laid { from: from.clone(), to: to.clone(), wire });
            }
        }
        Ok(Self { laid })
    }

    /// Cuts everything from and to this server.
    pub(super) fn cut(&self, server: &str) -> Result<(), UpError> {
        if self.laid.is_empty() {
            return Err(UpError::Options(
                "this center has no wires: start it without --direct to cut sites off".to_owned(),
            ));
        }
        for laid in self.laid.iter().filter(|laid| laid.from == server || laid.to == server) {
            laid.wire.cut();
        }
        Ok(())
    }

    /// Ends every cut.
    pub(super) fn heal(&self) {
        self.laid.iter().for_each(|laid| laid.wire.heal());
    }
}
