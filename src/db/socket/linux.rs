//! Finds the socket of a new connection among the open files of the process.

use super::super::connect_options;
use diesel::{Connection, ConnectionResult, PgConnection};
use nix::sys::socket::sockopt::TcpUserTimeout;
use nix::sys::socket::{
    AddressFamily, ControlMessage, MsgFlags, SockFlag, SockType, SockaddrLike, SockaddrStorage,
    getpeername, getsockopt, sendmsg, socketpair,
};
use nix::sys::stat::fstat;
use rustix::net::{RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, recvmsg};
use std::collections::HashSet;
use std::fs;
use std::io::{IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};

/// Number of distinct labels. A label is added to `tcp_user_timeout` in milliseconds, so all labels
/// are below one second.
const LABELS: u32 = 1000;
/// Maximum number of attempts to connect until exactly one new Unix socket appears.
const UNIX_ATTEMPTS: u32 = 4;

/// Opens a connection. Also returns an owned descriptor of its socket, if the socket was found.
pub(super) fn establish(url: &str) -> ConnectionResult<(PgConnection, Option<OwnedFd>)> {
    static LABEL: AtomicU32 = AtomicU32::new(0);
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let label = LABEL.fetch_add(1, Ordering::Relaxed) % LABELS;
    let (conninfo, user_timeout) = connect_options::with_defaults(url, label);
    let unix = connect_options::may_be_unix(url);
    let _guard = unix.then(|| ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner));
    let mut attempts = 0;
    loop {
        attempts += 1;
        let before = open_sockets();
        let connection = PgConnection::establish(&conninfo)?;
        let mut new = open_sockets();
        new.retain(|socket| !before.contains(socket));
        let mut labelled = new.iter().filter_map(|socket| duplicate(*socket));
        if let Some(fd) = labelled.find(|fd| getsockopt(fd, TcpUserTimeout) == Ok(user_timeout)) {
            return Ok((connection, Some(fd)));
        }
        let mut unix_sockets = new.iter().filter(|(fd, _)| leads_to_postgres(*fd));
        match (unix_sockets.next(), unix_sockets.next()) {
            (Some(only), None) => return Ok((connection, duplicate(*only))),
            (Some(_), Some(_)) if attempts < UNIX_ATTEMPTS => {}
            _ => return Ok((connection, None)),
        }
    }
}

/// The descriptor number and inode of every open socket of the process.
fn open_sockets() -> HashSet<(RawFd, u64)> {
    let Ok(entries) = fs::read_dir("/proc/self/fd") else { return HashSet::new() };
    let socket = |entry: fs::DirEntry| {
        let target = fs::read_link(entry.path()).ok()?;
        let inode = target.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?.parse().ok()?;
        Some((entry.file_name().to_str()?.parse().ok()?, inode))
    };
    entries.flatten().filter_map(socket).collect()
}

fn leads_to_postgres(fd: RawFd) -> bool {
    let Ok(peer) = getpeername::<SockaddrStorage>(fd) else { return false };
    if peer.family() != Some(AddressFamily::Unix) {
        return false;
    }
    let path = peer.as_unix_addr().and_then(|unix| unix.path()).and_then(|path| path.file_name());
    path.is_some_and(|name| name.to_string_lossy().starts_with(".s.PGSQL."))
}

/// Duplicates the descriptor, if its number still refers to the socket with this inode.
fn duplicate((number, inode): (RawFd, u64)) -> Option<OwnedFd> {
    let (sender, receiver) =
        socketpair(AddressFamily::Unix, SockType::Datagram, None, SockFlag::SOCK_CLOEXEC).ok()?;
    let sent = [number];
    let rights = [ControlMessage::ScmRights(&sent)];
    sendmsg::<()>(sender.as_raw_fd(), &[IoSlice::new(b"x")], &rights, MsgFlags::empty(), None)
        .ok()?;
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    let (mut byte, flags) = ([0], RecvFlags::CMSG_CLOEXEC);
    recvmsg(&receiver, &mut [IoSliceMut::new(&mut byte)], &mut control, flags).ok()?;
    let fd = control.drain().find_map(|message| match message {
        RecvAncillaryMessage::ScmRights(mut fds) => fds.next(),
        _ => None,
    })?;
    fstat(&fd).is_ok_and(|stat| stat.st_ino == inode).then_some(fd)
}
