//! The wire over real sockets: the acceptor against peers that behave and against those that do not, the forwarder
//! against archives of both kinds.

mod acceptor;
mod canary;
mod forwarder;
mod peer;
mod tools;
