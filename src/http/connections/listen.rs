//! Listens for HTTP. This module does what the server of actix-web would do, but over streams that
//! limit how much is read at a time ([`Paced`]).

use super::ConnectionRegistry;
use super::paced::{Paced, Transport};
use actix_http::error::DispatchError;
use actix_http::{HttpService, Protocol, Request};
use actix_server::{GracefulShutdownSignal, ServerBuilder};
use actix_service::{
    IntoServiceFactory, Service, ServiceFactory, ServiceFactoryExt, fn_service, map_config,
};
use actix_tls::accept::TlsError;
use actix_tls::accept::rustls_0_23::{Acceptor, TlsStream};
use actix_web::body::MessageBody;
use actix_web::dev::{AppConfig, ServiceResponse};
use actix_web::rt::net::TcpStream;
use rustls::ServerConfig;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};

/// Maximum time that a client may take to send the head of a request.
const HEAD_TIMEOUT: Duration = Duration::from_secs(5);
/// Maximum time that a client may take to close a connection that the server has closed.
const DISCONNECT_TIMEOUT: Duration = Duration::from_secs(1);

/// A connection in the form that actix-http takes.
type Accepted<T> = (Paced<T>, Protocol, Option<SocketAddr>);

/// An application as actix-web builds it.
pub trait Application:
    ServiceFactory<
        Request,
        Config = AppConfig,
        Response = ServiceResponse<Self::Body>,
        Error = actix_web::Error,
        InitError = (),
        Service: Service<Request, Future: 'static> + 'static,
    > + 'static
{
    type Body: MessageBody + 'static;
}

impl<S, B> Application for S
where
    S: ServiceFactory<
            Request,
            Config = AppConfig,
            Response = ServiceResponse<B>,
            Error = actix_web::Error,
            InitError = (),
            Service: Service<Request, Future: 'static> + 'static,
        > + 'static,
    B: MessageBody + 'static,
{
    type Body = B;
}

/// The state that the listeners of all addresses share.
#[derive(Clone)]
pub struct Listeners {
    pub registry: ConnectionRegistry,
    /// Fires when the server begins to shut down. actix-http then closes the connections without a
    /// request.
    pub ending: GracefulShutdownSignal,
}

impl Listeners {
    /// Serves an application over plain TCP.
    pub fn plain<F, I, S>(
        self,
        builder: ServerBuilder,
        socket: TcpListener,
        app: F,
    ) -> io::Result<ServerBuilder>
    where
        F: Fn() -> I + Send + Clone + 'static,
        I: IntoServiceFactory<S, Request>,
        S: Application,
    {
        let address = socket.local_addr()?;
        builder.listen("http", socket, move || {
            let accept = |io: TcpStream| async move { Ok::<_, DispatchError>(accepted(io)) };
            fn_service(accept).and_then(self.http(address, app()))
        })
    }

    /// Serves an application over TLS.
    pub fn tls<F, I, S>(
        self,
        builder: ServerBuilder,
        socket: TcpListener,
        mut config: ServerConfig,
        app: F,
    ) -> io::Result<ServerBuilder>
    where
        F: Fn() -> I + Send + Clone + 'static,
        I: IntoServiceFactory<S, Request>,
        S: Application,
    {
        let address = socket.local_addr()?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        builder.listen("https", socket, move || {
            Acceptor::new(config.clone())
                .map_init_err(|()| ())
                .map_err(TlsError::into_service_error)
                .map(|io: TlsStream<TcpStream>| accepted(io))
                .and_then(self.http(address, app()).map_err(TlsError::Service))
        })
    }

    fn http<T, I, S>(
        &self,
        address: SocketAddr,
        app: I,
    ) -> impl ServiceFactory<
        Accepted<T>,
        Config = (),
        Response = (),
        Error = DispatchError,
        InitError = (),
    > + use<T, I, S>
    where
        T: Transport + AsyncRead + AsyncWrite + Unpin + 'static,
        I: IntoServiceFactory<S, Request>,
        S: Application,
    {
        let Self { registry, ending } = self.clone();
        let app = app.into_factory().map_err(|error: actix_web::Error| error.error_response());
        HttpService::build()
            .graceful_shutdown_signal(move || {
                let ending = ending.clone();
                async move { ending.notified().await }
            })
            .client_request_timeout(HEAD_TIMEOUT)
            .client_disconnect_timeout(DISCONNECT_TIMEOUT)
            .local_addr(address)
            .on_connect_ext(move |io: &Paced<T>, data| registry.admit(io, data))
            .finish(map_config(app, |()| AppConfig::default()))
    }
}

fn accepted<T: Transport>(io: T) -> Accepted<T> {
    let peer = io.tcp().peer_addr().ok();
    (Paced::new(io), Protocol::Http1, peer)
}
