//! The network between services, between regions and to clients.

use super::{Law, Named, Quantity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a message between two services costs. Calls inside one service are free.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Network {
    /// One-way latency of each message inside a zone (a call has two: request and reply).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hop: Option<Law>,
    /// Work to encode or decode one message, on a core of the side that does it (four times a call).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub serialisation: Option<Law>,
    /// Round trip between two zones of one region, in place of two hops; each message takes half of it. Absent: as
    /// inside a zone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zones: Option<Law>,
    /// Round trips between regions, each pair once: `{"eu": {"us": "90ms"}}`. Each message takes half of one. A region's
    /// round trip to itself is that of its clients to its services, beside their own `hop`; absent: none.
    #[serde(default)]
    pub between: Named<Named<Law>>,
    /// What clients pay to open a connection; absent: connections are open already.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tls: Option<Tls>,
    /// Through what services reach external systems; absent: directly.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nat: Option<Nat>,
    /// How large messages are, for the traffic between regions and to the internet. A write that is sent on to another copy
    /// of a store is as large as a request. Absent: only counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<MessageSizes>,
    /// Replies of another size than `message` says, by `"component.operation"`.
    #[serde(default)]
    pub sizes: Named<Quantity>,
}

/// Opening a connection from a client, with encryption.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Tls {
    /// Round trips until a request can be sent: 2 with TLS 1.3 (one for TCP, one for TLS: RFC 8446, section 2), 3 with
    /// TLS 1.2.
    #[serde(default = "two")]
    pub round_trips: u32,
    /// Share of the requests that find a connection open.
    #[serde(default = "none")]
    pub reuse: Quantity,
    /// How far the round trips go.
    #[serde(default)]
    pub terminate: Terminate,
    /// Work of a handshake: on a core of the service that terminates it, or as a delay at a gateway, which is never
    /// short of cores.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub work: Option<Law>,
}

fn two() -> u32 {
    2
}

fn none() -> Quantity {
    Quantity::Number(0.0)
}

/// Gateways that translate network addresses: services without an address of their own reach external systems through
/// them. They take no time. Paid are their hours and, where `prices.processed` says so, the bytes of requests and answers
/// of external systems (a `message` of the system, or that of the network). Object storage and queues are reached without
/// them, as by an endpoint of their own.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Nat {
    /// What it is on the bill: a size of `prices.instances`.
    pub instance: String,
    /// Whether there is one for each region or for each zone, of those that services run in.
    #[serde(default)]
    pub each: NatEach,
}

/// Where there are gateways to the outside.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum NatEach {
    /// One in each region; without regions, one.
    #[default]
    Region,
    /// One in each zone.
    Zone,
}

/// Where connections of clients end.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Terminate {
    /// At a gateway at the edge of the client's region, which keeps connections to all services open.
    #[default]
    Gateway,
    /// At the service, wherever it runs.
    Service,
}

/// Sizes of messages.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MessageSizes {
    /// Of a request: `"1KB"`.
    pub request: Quantity,
    /// Of a reply: `"10KB"`.
    pub reply: Quantity,
}
