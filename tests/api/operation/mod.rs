//! What those who operate the server have: the command line, reports to systemd, metrics, logs and
//! traces.

mod access_log;
mod command_line;
mod doctor;
mod metrics;
mod notify;
mod traces;
