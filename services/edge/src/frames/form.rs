//! Forms as browsers see them: a post's text is then a JSON object of strings.

use proto::chat::v1 as chat;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What makes a post a form.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
pub struct Form {
    /// Which form: 1 to 32 of [a-z_].
    pub form: String,
    /// The customer's answers; else an agent offers it.
    #[serde(default)]
    pub filled: bool,
    /// Number of the event that offered it, which is answered once; 0: offered now, or the customer came with it by themselves.
    #[serde(default)]
    pub offer: u64,
}

impl From<&chat::Form> for Form {
    fn from(told: &chat::Form) -> Self {
        Self { form: told.form.clone(), filled: told.filled, offer: told.offer }
    }
}

impl From<Form> for chat::Form {
    fn from(Form { form, filled, offer }: Form) -> Self {
        Self { form, filled, offer }
    }
}
