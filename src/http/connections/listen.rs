//! Where HTTP is listened for: what the HTTP library's own server would do, over streams whose
//! bytes come in portions.

use super::Register;
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

/// How long a client may take to send the head of a request, and to leave when it is hung up on.
const HEAD: Duration = Duration::from_secs(5);
const GOODBYE: Duration = Duration::from_secs(1);

/// A connection, as the HTTP library takes it.
type Accepted<T> = (Paced<T>, Protocol, Option<SocketAddr>);

/// An application as actix-web makes one.
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

/// What every connection is served with.
#[derive(Clone)]
pub struct Listening {
    pub register: Register,
    /// Comes when the server begins to end: connections without a request end then.
    pub ending: GracefulShutdownSignal,
}

impl Listening {
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
        let Self { register, ending } = self.clone();
        let app = app.into_factory().map_err(|error: actix_web::Error| error.error_response());
        HttpService::build()
            .graceful_shutdown_signal(move || {
                let ending = ending.clone();
                async move { ending.notified().await }
            })
            .client_request_timeout(HEAD)
            .client_disconnect_timeout(GOODBYE)
            .local_addr(address)
            .on_connect_ext(move |io: &Paced<T>, data| register.admit(io, data))
            .finish(map_config(app, |()| AppConfig::default()))
    }
}

fn accepted<T: Transport>(io: T) -> Accepted<T> {
    let peer = io.tcp().peer_addr().ok();
    (Paced::new(io), Protocol::Http1, peer)
}
