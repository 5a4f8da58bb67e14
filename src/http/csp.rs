//! The content security policy of the pages that the program serves.

/// The Content-Security-Policy: no inline script, no eval, nothing from another host.
pub const CSP: &str = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
                   font-src 'self' data:; worker-src 'self' blob:; frame-ancestors 'none'; base-uri 'none'; \
                   form-action 'self'";
