//! The desk and the widget, as the build left them.

use std::{path::Path, sync::Arc};

use axum::{
    Router,
    response::Redirect,
    routing::{get, get_service},
};
use tower_http::services::ServeDir;

use crate::door::App;

/// `GET /` goes to the desk.
pub(super) fn router(pages: &Path) -> Router<Arc<App>> {
    let files = || get_service(ServeDir::new(pages));
    Router::new()
        .route("/", get(|| async { Redirect::temporary("/desk/") }))
        .route("/desk", get(|| async { Redirect::permanent("/desk/") }))
        .route("/widget", get(|| async { Redirect::permanent("/widget/") }))
        .route("/desk/", files())
        .route("/desk/{*file}", files())
        .route("/widget/", files())
        .route("/widget/{*file}", files())
        .route("/assets/{*file}", files())
}
